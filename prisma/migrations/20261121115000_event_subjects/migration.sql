-- What an event tells of, so that what was told of one thing is found again. Events that tell of nothing cost the index nothing.
ALTER TABLE "event" ADD COLUMN "subject" TEXT;
CREATE INDEX "event_subject" ON "event"("tenant_id", "provider", "subject", "id") WHERE "subject" IS NOT NULL;
