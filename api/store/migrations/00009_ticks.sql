-- What drivers say of their work: what was loaded, taken over, handed over and delivered, and what did not fit.

-- +goose Up
create table ticks (
	collective text not null,
	id text not null,
	sale text not null,
	plan text not null,
	round text not null,
	place text not null,
	visit bigint not null check (visit >= 1),
	task text not null check (task in ('load', 'take', 'unload', 'hand')),
	partner text not null,
	producer text not null,
	state text not null check (state in ('done', 'left', 'open')),
	left_grams bigint not null check (left_grams >= 0),
	note text not null,
	actor text not null,
	happened bigint not null,
	arrived bigint not null,
	primary key (collective, id),
	foreign key (collective, sale) references sales (collective, id) on delete cascade,
	foreign key (collective, plan) references plans (collective, id) on delete cascade,
	foreign key (collective, producer) references producers (collective, id)
);
create index ticks_sale on ticks (sale, collective);
create index ticks_plan on ticks (plan, collective);
create index ticks_producer on ticks (producer, collective);
