-- What is planned from it, who agreed, and what is known for the next time.

-- +goose Up
create table settings (
	collective text not null references collectives (collective),
	id text not null,
	version bigint not null,
	created bigint not null,
	changed bigint not null,
	name text not null,
	since text not null,
	value bigint,
	reason text not null,
	primary key (collective, id),
	unique (name, since, collective)
);

create table plans (
	collective text not null,
	id text not null,
	version bigint not null,
	created bigint not null,
	changed bigint not null,
	sale text not null,
	number bigint not null,
	state text not null check (state in ('draft', 'proposed', 'published', 'done', 'superseded')),
	based_on text,
	revision bigint not null,
	reason text not null,
	base_m bigint not null,
	planned_m bigint not null,
	added_m bigint not null,
	alone_m bigint not null,
	handovers bigint not null,
	served_grams bigint not null,
	unserved_grams bigint not null,
	saved_co2_grams bigint not null,
	primary key (collective, id),
	unique (sale, number, collective),
	foreign key (collective, sale) references sales (collective, id),
	foreign key (collective, based_on) references plans (collective, id)
);
create index plans_based_on on plans (based_on, collective);

-- At most one plan of a sale is being worked on, and at most one is in force.
create unique index plans_working on plans (sale, collective) where state in ('draft', 'proposed');
create unique index plans_in_force on plans (sale, collective) where state in ('published', 'done');

create table plan_documents (
	collective text not null,
	plan text not null,
	week bytea not null,
	document bytea not null,
	primary key (collective, plan),
	foreign key (collective, plan) references plans (collective, id) on delete cascade
);

create table answers (
	collective text not null,
	plan text not null,
	round text not null,
	producer text not null,
	state text not null check (state in ('open', 'accepted', 'refused', 'absent')),
	note text not null,
	answered bigint,
	primary key (collective, plan, round),
	foreign key (collective, plan) references plans (collective, id) on delete cascade,
	foreign key (collective, producer) references producers (collective, id)
);
create index answers_producer on answers (producer, collective);

create table ways (
	collective text not null references collectives (collective),
	id text not null,
	version bigint not null,
	created bigint not null,
	changed bigint not null,
	sale text,
	producer text not null,
	pickup_point text not null,
	class text check (class in ('ambient', 'chilled', 'frozen')),
	primary key (collective, id),
	foreign key (collective, sale) references sales (collective, id),
	foreign key (collective, producer) references producers (collective, id),
	foreign key (collective, pickup_point) references pickup_points (collective, id)
);
create index ways_sale on ways (sale, collective);
create index ways_producer on ways (producer, collective);
create index ways_pickup_point on ways (pickup_point, collective);

create table way_rides (
	collective text not null,
	way text not null,
	n bigint not null,
	round text,
	vehicle text,
	day text not null,
	primary key (collective, way, n),
	foreign key (collective, way) references ways (collective, id) on delete cascade,
	foreign key (collective, round) references rounds (collective, id),
	foreign key (collective, vehicle) references vehicles (collective, id),
	check ((round is null) <> (vehicle is null))
);
create index way_rides_round on way_rides (round, collective);
create index way_rides_vehicle on way_rides (vehicle, collective);

create table forbids (
	collective text not null references collectives (collective),
	id text not null,
	version bigint not null,
	created bigint not null,
	changed bigint not null,
	sale text,
	producer text not null,
	round text not null,
	day text,
	reason text not null,
	primary key (collective, id),
	foreign key (collective, sale) references sales (collective, id),
	foreign key (collective, producer) references producers (collective, id),
	foreign key (collective, round) references rounds (collective, id) on delete cascade
);
create index forbids_sale on forbids (sale, collective);
create index forbids_producer on forbids (producer, collective);
create index forbids_round on forbids (round, collective);

create table balances (
	collective text not null,
	id text not null,
	created bigint not null,
	producer text not null,
	plan text,
	metres bigint not null,
	note text not null,
	primary key (collective, id),
	unique (plan, producer, collective),
	foreign key (collective, producer) references producers (collective, id),
	foreign key (collective, plan) references plans (collective, id)
);
create index balances_producer on balances (producer, collective);
