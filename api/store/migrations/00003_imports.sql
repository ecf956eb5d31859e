-- How files of other systems are read: columns, names, weights; and where to fetch what the Open Food Network holds.

-- +goose Up
create table import_mappings (
	collective text not null references collectives (collective),
	id text not null,
	version bigint not null,
	created bigint not null,
	changed bigint not null,
	signature text not null,
	name text not null,
	format text not null,
	columns text not null,
	catalogs text not null,
	primary key (collective, id),
	unique (collective, signature)
);

create table import_aliases (
	collective text not null references collectives (collective),
	id text not null,
	version bigint not null,
	created bigint not null,
	changed bigint not null,
	kind text not null check (kind in ('producer', 'pickup_point', 'product')),
	name text not null,
	producer text,
	pickup_point text,
	product text,
	primary key (collective, id),
	unique (collective, kind, name),
	foreign key (collective, producer) references producers (collective, id) on delete cascade,
	foreign key (collective, pickup_point) references pickup_points (collective, id) on delete cascade,
	foreign key (collective, product) references products (collective, id) on delete cascade,
	check ((producer is not null) = (kind = 'producer')),
	check ((pickup_point is not null) = (kind = 'pickup_point')),
	check ((product is not null) = (kind = 'product'))
);
create index import_aliases_producer on import_aliases (collective, producer);
create index import_aliases_pickup_point on import_aliases (collective, pickup_point);
create index import_aliases_product on import_aliases (collective, product);

create table unit_weights (
	collective text not null references collectives (collective),
	id text not null,
	version bigint not null,
	created bigint not null,
	changed bigint not null,
	unit text not null,
	product text not null,
	grams bigint not null check (grams >= 0),
	millilitres bigint check (millilitres >= 0),
	weighed boolean not null,
	primary key (collective, id),
	unique (collective, unit, product)
);

create table ofn_connections (
	collective text not null references collectives (collective),
	id text not null,
	version bigint not null,
	created bigint not null,
	changed bigint not null,
	base_url text not null,
	token text not null,
	receiver bytea not null,
	report text not null,
	coordinator bigint not null,
	distribution_after_days bigint not null check (distribution_after_days >= 0),
	pull_after_min bigint not null check (pull_after_min >= 0),
	create_unknown boolean not null,
	active boolean not null,
	primary key (collective, id),
	unique (collective, base_url),
	unique (collective, receiver)
);
