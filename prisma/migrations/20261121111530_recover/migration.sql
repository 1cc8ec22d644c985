-- Made for one subscription alone: no other one missed it.
ALTER TABLE "event" ADD COLUMN "direct" BOOLEAN NOT NULL DEFAULT false;
