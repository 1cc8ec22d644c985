-- CreateTable
CREATE TABLE "application_limit" (
    "tenant_id" UUID NOT NULL,
    "provider" TEXT NOT NULL,
    "application" TEXT NOT NULL,
    "rate_limit" INTEGER NOT NULL,

    CONSTRAINT "application_limit_pkey" PRIMARY KEY ("tenant_id","provider","application")
);

-- AddForeignKey
ALTER TABLE "application_limit" ADD CONSTRAINT "application_limit_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE CASCADE ON UPDATE CASCADE;

ALTER TABLE "application_limit" ADD CONSTRAINT "application_limit_rate" CHECK ("rate_limit" > 0);
