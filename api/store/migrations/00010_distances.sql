-- What kilometres are made of: the ways between a collective's places by each source.

-- +goose Up

-- The lines of a plan's ways along the roads, as they were when it was made.
alter table plan_documents add column lines bytea;

create table distance_sources (
	collective text not null references collectives (collective),
	id text not null,
	source text not null,
	used bigint not null,
	primary key (collective, id),
	unique (source, collective)
);

-- Points are numbered in the order in which they came. Each has its ways to and from the earlier ones, so that a new point is a new row.
create table distances (
	collective text not null,
	source text not null,
	n bigint not null check (n >= 0),
	lon_e7 bigint not null check (lon_e7 between -1800000000 and 1800000000),
	lat_e7 bigint not null check (lat_e7 between -900000000 and 900000000),
	lost boolean not null,
	ways bytea not null,
	primary key (collective, source, n),
	unique (source, lon_e7, lat_e7, collective),
	foreign key (collective, source) references distance_sources (collective, id) on delete cascade
);
