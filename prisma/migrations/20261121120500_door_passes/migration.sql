-- CreateTable
CREATE TABLE "door_pass" (
    "tenant_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "hash" BYTEA NOT NULL,
    "provider" TEXT NOT NULL,
    "application" TEXT NOT NULL,
    "scope" TEXT NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "door_pass_pkey" PRIMARY KEY ("tenant_id","id")
);
CREATE UNIQUE INDEX "door_pass_id_key" ON "door_pass"("id");

-- AddForeignKey
ALTER TABLE "door_pass" ADD CONSTRAINT "door_pass_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE CASCADE ON UPDATE CASCADE;

ALTER TABLE "door_pass" ADD CONSTRAINT "door_pass_scope" CHECK ("scope" IN ('read', 'write'));
