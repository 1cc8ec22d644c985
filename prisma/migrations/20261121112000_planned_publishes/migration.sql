-- CreateTable
CREATE TABLE "planned_publish" (
    "tenant_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "cron" TEXT,
    "run_id" UUID,
    "scenario" TEXT,
    "seed" TEXT,
    "step" INTEGER,
    "input" TEXT NOT NULL,
    "due_at" TIMESTAMPTZ(3),
    "own_clock" BOOLEAN NOT NULL,
    "refused" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "planned_publish_pkey" PRIMARY KEY ("tenant_id","id")
);

-- AddForeignKey
ALTER TABLE "planned_publish" ADD CONSTRAINT "planned_publish_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What is next on the database's clock, and on each tenant's own.
CREATE INDEX "planned_publish_waiting" ON "planned_publish" ("due_at") WHERE NOT "own_clock";
CREATE INDEX "planned_publish_clocked" ON "planned_publish" ("tenant_id", "due_at") WHERE "own_clock";

-- A turn of a schedule, or a step of a scenario; what never comes says why.
ALTER TABLE "planned_publish" ADD CONSTRAINT "planned_publish_kind" CHECK (
    ("cron" IS NOT NULL AND "run_id" IS NULL AND "scenario" IS NULL AND "seed" IS NULL AND "step" IS NULL)
    OR ("cron" IS NULL AND "run_id" IS NOT NULL AND "scenario" IS NOT NULL AND "seed" IS NOT NULL AND "step" IS NOT NULL));
ALTER TABLE "planned_publish" ADD CONSTRAINT "planned_publish_due" CHECK ("due_at" IS NOT NULL OR "refused" IS NOT NULL);
