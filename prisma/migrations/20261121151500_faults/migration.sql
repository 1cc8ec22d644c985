-- What the sender does wrong on purpose.
CREATE TABLE "fault" (
    "tenant_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "subscription_id" UUID,
    "event_id" UUID,
    "spec" TEXT NOT NULL,
    "turns" INTEGER NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3),

    CONSTRAINT "fault_pkey" PRIMARY KEY ("tenant_id","id")
);

-- Deliveries that a fault put off: it does that once.
CREATE TABLE "fault_mark" (
    "tenant_id" UUID NOT NULL,
    "delivery_id" UUID NOT NULL,
    "fault_id" UUID NOT NULL,
    "tries" SMALLINT NOT NULL,

    CONSTRAINT "fault_mark_pkey" PRIMARY KEY ("tenant_id","delivery_id","fault_id")
);

-- Targets that proved to belong to the tenant.
CREATE TABLE "fault_target" (
    "tenant_id" UUID NOT NULL,
    "origin" TEXT NOT NULL,
    "proved_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "fault_target_pkey" PRIMARY KEY ("tenant_id","origin")
);

CREATE INDEX "fault_event_id_tenant_id_idx" ON "fault"("event_id", "tenant_id");
CREATE INDEX "fault_subscription_id_tenant_id_idx" ON "fault"("subscription_id", "tenant_id");
CREATE INDEX "fault_mark_fault_id_tenant_id_idx" ON "fault_mark"("fault_id", "tenant_id");

ALTER TABLE "fault" ADD CONSTRAINT "fault_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "fault" ADD CONSTRAINT "fault_tenant_id_subscription_id_fkey" FOREIGN KEY ("tenant_id", "subscription_id") REFERENCES "subscription"("tenant_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "fault_mark" ADD CONSTRAINT "fault_mark_tenant_id_fault_id_fkey" FOREIGN KEY ("tenant_id", "fault_id") REFERENCES "fault"("tenant_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "fault_target" ADD CONSTRAINT "fault_target_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What a target answers to prove it; made when it is first asked for.
ALTER TABLE "tenant" ADD COLUMN "challenge_token" TEXT;

-- Which faults touched it, and the bytes that were sent where they are not the event's own.
ALTER TABLE "attempt" ADD COLUMN "faults" TEXT, ADD COLUMN "request_body" BYTEA;

-- Beside publishes, the copies of a delivery that are still to come.
ALTER TABLE "planned_publish" ADD COLUMN "copy_of" UUID;
ALTER TABLE "planned_publish" DROP CONSTRAINT "planned_publish_kind";
ALTER TABLE "planned_publish" ADD CONSTRAINT "planned_publish_kind" CHECK (
    ("cron" IS NOT NULL AND "run_id" IS NULL AND "scenario" IS NULL AND "seed" IS NULL AND "step" IS NULL AND "copy_of" IS NULL)
    OR ("cron" IS NULL AND "run_id" IS NOT NULL AND "scenario" IS NOT NULL AND "seed" IS NOT NULL AND "step" IS NOT NULL AND "copy_of" IS NULL)
    OR ("cron" IS NULL AND "run_id" IS NULL AND "scenario" IS NULL AND "seed" IS NULL AND "step" IS NULL AND "copy_of" IS NOT NULL));
