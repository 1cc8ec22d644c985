-- Subscriptions in applications, named by their consumers.
ALTER TABLE "subscription"
    ADD COLUMN "application" TEXT NOT NULL DEFAULT 'default',
    ADD COLUMN "uid" TEXT,
    ADD COLUMN "channels" TEXT[] DEFAULT '{}',
    ADD COLUMN "details" JSONB NOT NULL DEFAULT '{}';
CREATE UNIQUE INDEX "subscription_uid" ON "subscription"("tenant_id", "provider", "application", "uid")
    WHERE "uid" IS NOT NULL AND "deleted_at" IS NULL;

-- Events for one application, or in channels, named by their publishers.
ALTER TABLE "event"
    ADD COLUMN "application" TEXT,
    ADD COLUMN "channels" TEXT[] DEFAULT '{}',
    ADD COLUMN "uid" TEXT,
    ADD COLUMN "details" JSONB;
-- Few events have a name: those without cost this index nothing.
CREATE INDEX "event_uid" ON "event"("tenant_id", "provider", "uid") WHERE "uid" IS NOT NULL;

-- CreateTable
CREATE TABLE "door_record" (
    "tenant_id" UUID NOT NULL,
    "provider" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "id" UUID NOT NULL,
    "uid" TEXT,
    "data" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "door_record_pkey" PRIMARY KEY ("tenant_id","provider","kind","id")
);
CREATE UNIQUE INDEX "door_record_uid" ON "door_record"("tenant_id", "provider", "kind", "uid") WHERE "uid" IS NOT NULL;

-- AddForeignKey
ALTER TABLE "door_record" ADD CONSTRAINT "door_record_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE CASCADE ON UPDATE CASCADE;
