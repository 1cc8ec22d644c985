-- Where each process of this database listens, so that none of them sends there.
CREATE TABLE "listener" (
    "id" UUID NOT NULL,
    "machine" TEXT NOT NULL,
    "ports" INTEGER[],
    "addresses" TEXT[],
    "seen_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "listener_pkey" PRIMARY KEY ("id")
);
