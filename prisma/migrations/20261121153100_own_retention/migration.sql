-- Events that say themselves how long their body is kept; nearly none.
CREATE INDEX "event_own_retention" ON "event" ("created_at") WHERE "body" IS NOT NULL AND "details" ? 'bodyRetentionMs';
