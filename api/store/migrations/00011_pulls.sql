-- What came of the last fetch of a sale's orders from another system, in the words of whoever fetches.

-- +goose Up
alter table sales add column pulled text;
