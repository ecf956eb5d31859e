-- The numbers of delivery notes, which stay whatever becomes of the plan, and what is traced of the goods.

-- +goose Up
create table delivery_notes (
	collective text not null,
	id text not null,
	created bigint not null,
	number bigint not null check (number > 0),
	sale text not null,
	producer text not null,
	pickup_point text not null,
	primary key (collective, id),
	unique (number, collective),
	unique (sale, producer, pickup_point, collective),
	foreign key (collective, sale) references sales (collective, id),
	foreign key (collective, producer) references producers (collective, id),
	foreign key (collective, pickup_point) references pickup_points (collective, id)
);
create index delivery_notes_producer on delivery_notes (producer, collective);
create index delivery_notes_pickup_point on delivery_notes (pickup_point, collective);

create table lots (
	collective text not null,
	id text not null,
	version bigint not null,
	created bigint not null,
	changed bigint not null,
	sale text not null,
	producer text not null,
	product text not null,
	code text not null,
	use_by text,
	best_before text,
	primary key (collective, id),
	unique (sale, product, collective),
	foreign key (collective, sale) references sales (collective, id) on delete cascade,
	foreign key (collective, producer) references producers (collective, id),
	foreign key (collective, product) references products (collective, id) on delete cascade
);
create index lots_producer on lots (producer, collective);
create index lots_product on lots (product, collective);
