-- Under which key secrets are sealed here, from the first start on: one row.
CREATE TABLE "sealing_key" (
    "id" INTEGER NOT NULL DEFAULT 1,
    "key_id" TEXT NOT NULL,

    CONSTRAINT "sealing_key_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "sealing_key_one" CHECK ("id" = 1)
);
