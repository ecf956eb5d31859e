-- What a collective is, what it sells and what was ordered.
--
-- One text for PostgreSQL and SQLite. Every row names its collective, and every reference includes it, so that no row
-- can point into another collective. Ids are random text, times milliseconds since 1970 (UTC), days ISO 8601 text,
-- times of day minutes after the local midnight, goods grams and millilitres, money cents, quantities thousandths,
-- coordinates 1e-7 degrees, distances metres.
--
-- Indexes for other columns than the primary key begin with these: a planner that has no statistics yet could take one that
-- begins with the collective for a row's primary key, and read all rows of the collective for each reference it checks.

-- +goose Up
create table collectives (
	collective text not null unique check (collective = id),
	id text not null,
	version bigint not null,
	created bigint not null,
	changed bigint not null,
	name text not null,
	timezone text not null,
	travel text not null,
	shortest boolean not null,
	primary key (collective, id)
);

create table places (
	collective text not null references collectives (collective),
	id text not null,
	version bigint not null,
	created bigint not null,
	changed bigint not null,
	ref text,
	name text not null,
	address text not null,
	note text not null,
	lon_e7 bigint check (lon_e7 between -1800000000 and 1800000000),
	lat_e7 bigint check (lat_e7 between -900000000 and 900000000),
	hours text not null,
	stop_s bigint check (stop_s >= 0),
	meet boolean not null,
	store_ambient boolean not null,
	store_chilled boolean not null,
	store_frozen boolean not null,
	primary key (collective, id),
	unique (ref, collective),
	check ((lon_e7 is null) = (lat_e7 is null))
);

create table producers (
	collective text not null references collectives (collective),
	id text not null,
	version bigint not null,
	created bigint not null,
	changed bigint not null,
	ref text,
	name text not null,
	place text not null,
	profession text not null,
	email text not null,
	phone text not null,
	phone_shared boolean not null,
	organic_body text not null,
	siret text not null,
	approval text not null,
	ready_clock bigint,
	ready_days_before bigint not null check (ready_days_before >= 0),
	max_added_m bigint check (max_added_m >= 0),
	active boolean not null,
	primary key (collective, id),
	unique (ref, collective),
	foreign key (collective, place) references places (collective, id)
);
create index producers_place on producers (place, collective);

create table members (
	collective text not null references collectives (collective),
	id text not null,
	version bigint not null,
	created bigint not null,
	changed bigint not null,
	email text not null,
	name text not null,
	role text not null check (role in ('coordinator', 'producer', 'reader')),
	producer text,
	language text not null,
	primary key (collective, id),
	unique (email, collective),
	foreign key (collective, producer) references producers (collective, id)
);
create index members_producer on members (producer, collective);

create table tokens (
	collective text not null references collectives (collective),
	id text not null,
	version bigint not null,
	created bigint not null,
	changed bigint not null,
	name text not null,
	scope text not null check (scope in ('coordinator', 'marketplace', 'producer', 'read')),
	producer text,
	hash bytea not null,
	expires bigint,
	revoked bigint,
	used bigint,
	primary key (collective, id),
	unique (hash, collective),
	foreign key (collective, producer) references producers (collective, id),
	check (scope <> 'producer' or producer is not null)
);
create index tokens_producer on tokens (producer, collective);

create table vehicles (
	collective text not null references collectives (collective),
	id text not null,
	version bigint not null,
	created bigint not null,
	changed bigint not null,
	ref text,
	name text not null,
	producer text not null,
	plate text not null,
	grams bigint not null check (grams >= 0),
	gross_grams bigint check (gross_grams >= 0),
	ambient_ml bigint not null check (ambient_ml >= 0),
	chilled_ml bigint not null check (chilled_ml >= 0),
	frozen_ml bigint not null check (frozen_ml >= 0),
	equipment text not null check (equipment in ('none', 'boxes', 'fridge', 'freezer')),
	boxes bigint not null check (boxes >= 0),
	co2_g_per_km bigint check (co2_g_per_km >= 0),
	available text not null,
	primary key (collective, id),
	unique (ref, collective),
	foreign key (collective, producer) references producers (collective, id)
);
create index vehicles_producer on vehicles (producer, collective);

create table rounds (
	collective text not null references collectives (collective),
	id text not null,
	version bigint not null,
	created bigint not null,
	changed bigint not null,
	ref text,
	name text not null,
	kind text not null,
	producer text not null,
	vehicle text not null,
	rule text not null,
	starts text not null,
	season text not null,
	start_place text not null,
	end_place text not null,
	depart_after bigint not null,
	return_by bigint not null check (return_by >= depart_after),
	carries text not null check (carries in ('all', 'own', 'some')),
	max_added_m bigint check (max_added_m >= 0),
	max_added_s bigint check (max_added_s >= 0),
	frozen boolean not null,
	primary key (collective, id),
	unique (ref, collective),
	foreign key (collective, producer) references producers (collective, id),
	foreign key (collective, vehicle) references vehicles (collective, id),
	foreign key (collective, start_place) references places (collective, id),
	foreign key (collective, end_place) references places (collective, id)
);
create index rounds_producer on rounds (producer, collective);
create index rounds_vehicle on rounds (vehicle, collective);
create index rounds_start_place on rounds (start_place, collective);
create index rounds_end_place on rounds (end_place, collective);

create table round_stops (
	collective text not null,
	round text not null,
	n bigint not null,
	place text not null,
	arrive_after bigint not null,
	arrive_by bigint not null check (arrive_by >= arrive_after),
	stay_s bigint not null check (stay_s >= 0),
	grams bigint not null check (grams >= 0),
	ambient_ml bigint not null check (ambient_ml >= 0),
	chilled_ml bigint not null check (chilled_ml >= 0),
	frozen_ml bigint not null check (frozen_ml >= 0),
	primary key (collective, round, n),
	foreign key (collective, round) references rounds (collective, id) on delete cascade,
	foreign key (collective, place) references places (collective, id)
);
create index round_stops_place on round_stops (place, collective);

create table round_carries (
	collective text not null,
	round text not null,
	producer text not null,
	primary key (collective, round, producer),
	foreign key (collective, round) references rounds (collective, id) on delete cascade,
	foreign key (collective, producer) references producers (collective, id)
);
create index round_carries_producer on round_carries (producer, collective);

create table round_changes (
	collective text not null,
	id text not null,
	version bigint not null,
	created bigint not null,
	changed bigint not null,
	round text not null,
	day text not null,
	kind text not null check (kind in ('cancelled', 'moved', 'added')),
	to_day text,
	shift_min bigint not null,
	vehicle text,
	reason text not null,
	primary key (collective, id),
	unique (round, day, collective),
	foreign key (collective, round) references rounds (collective, id) on delete cascade,
	foreign key (collective, vehicle) references vehicles (collective, id)
);
create index round_changes_vehicle on round_changes (vehicle, collective);

create table absences (
	collective text not null references collectives (collective),
	id text not null,
	version bigint not null,
	created bigint not null,
	changed bigint not null,
	producer text,
	vehicle text,
	first_day text not null,
	last_day text not null check (last_day >= first_day),
	reason text not null,
	primary key (collective, id),
	foreign key (collective, producer) references producers (collective, id),
	foreign key (collective, vehicle) references vehicles (collective, id),
	check (producer is null or vehicle is null)
);
create index absences_producer on absences (producer, collective);
create index absences_vehicle on absences (vehicle, collective);
create index absences_last_day on absences (collective, last_day);

create table pickup_points (
	collective text not null references collectives (collective),
	id text not null,
	version bigint not null,
	created bigint not null,
	changed bigint not null,
	ref text,
	name text not null,
	place text not null,
	windows text not null,
	dated text not null,
	accept_from_min bigint not null,
	accept_until_min bigint not null check (accept_until_min <= accept_from_min),
	note text not null,
	active boolean not null,
	primary key (collective, id),
	unique (ref, collective),
	foreign key (collective, place) references places (collective, id)
);
create index pickup_points_place on pickup_points (place, collective);

create table products (
	collective text not null references collectives (collective),
	id text not null,
	version bigint not null,
	created bigint not null,
	changed bigint not null,
	ref text,
	producer text not null,
	name text not null,
	unit text not null,
	grams bigint not null check (grams >= 0),
	millilitres bigint not null check (millilitres >= 0),
	class text not null check (class in ('ambient', 'chilled', 'frozen')),
	carried_by text not null check (carried_by in ('any', 'producer')),
	unpacked_eggs boolean not null,
	organic boolean not null,
	price_cents bigint check (price_cents >= 0),
	active boolean not null,
	primary key (collective, id),
	unique (ref, collective),
	foreign key (collective, producer) references producers (collective, id)
);
create index products_producer on products (producer, collective);

create table sales (
	collective text not null references collectives (collective),
	id text not null,
	version bigint not null,
	created bigint not null,
	changed bigint not null,
	ref text,
	name text not null,
	opens bigint,
	closes bigint,
	first_day text not null,
	distribution text not null check (distribution >= first_day),
	last_day text not null check (last_day >= distribution),
	state text not null check (state in ('open', 'closed', 'done', 'cancelled')),
	primary key (collective, id),
	unique (ref, collective)
);
create index sales_distribution on sales (distribution, collective);

-- What the orders of a sale refer to, once a sale: none of it can go while the sale is there. So no order, and no line of one,
-- has to be looked up by itself.
create table sale_pickup_points (
	collective text not null,
	sale text not null,
	pickup_point text not null,
	primary key (collective, sale, pickup_point),
	foreign key (collective, sale) references sales (collective, id) on delete cascade,
	foreign key (collective, pickup_point) references pickup_points (collective, id)
);
create index sale_pickup_points_pickup_point on sale_pickup_points (pickup_point, collective);

create table sale_products (
	collective text not null,
	sale text not null,
	product text not null,
	primary key (collective, sale, product),
	foreign key (collective, sale) references sales (collective, id) on delete cascade,
	foreign key (collective, product) references products (collective, id)
);
create index sale_products_product on sale_products (product, collective);

-- The lines of an order are a JSON array: they are written and read with it, and nothing refers to one.
create table orders (
	collective text not null,
	id text not null,
	version bigint not null,
	created bigint not null,
	changed bigint not null,
	sale text not null,
	ref text not null,
	pickup_point text,
	lon_e7 bigint check (lon_e7 between -1800000000 and 1800000000),
	lat_e7 bigint check (lat_e7 between -900000000 and 900000000),
	lines text not null,
	primary key (collective, id),
	unique (sale, ref, collective),
	foreign key (collective, sale) references sales (collective, id),
	check ((lon_e7 is null) = (lat_e7 is null))
);
create index orders_created on orders (sale, created, id);

create table idempotency (
	collective text not null references collectives (collective),
	key text not null,
	created bigint not null,
	request bytea not null,
	reply bytea not null,
	primary key (collective, key)
);
create index idempotency_created on idempotency (collective, created);

create table audit (
	collective text not null references collectives (collective),
	id text not null,
	created bigint not null,
	actor text not null,
	action text not null,
	kind text not null,
	subject text not null,
	detail text not null,
	primary key (collective, id)
);
create index audit_created on audit (collective, created, id);
create index audit_subject on audit (collective, subject, created);
