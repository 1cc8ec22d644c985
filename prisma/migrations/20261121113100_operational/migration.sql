-- Subscriptions that hear about the others: whether a tenant has any is asked with every subscription that is read to be sent to.
CREATE INDEX "subscription_operational" ON "subscription"("tenant_id", "provider", "environment")
    WHERE "application" = 'operational' AND "deleted_at" IS NULL;
