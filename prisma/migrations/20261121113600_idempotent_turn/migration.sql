-- Whose turn it is: only that request may write the answer.
ALTER TABLE "idempotent_answer" ADD COLUMN "holder" UUID;
