-- What was decided between a plan and the one before it, so that it can be taken back.

-- +goose Up
alter table plan_documents add column history bytea;
