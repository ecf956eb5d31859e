-- Whom events are told to, and how that went.

-- +goose Up
create table webhooks (
	collective text not null references collectives (collective),
	id text not null,
	version bigint not null,
	created bigint not null,
	changed bigint not null,
	url text not null,
	note text not null,
	events text not null,
	active boolean not null,
	reason text not null,
	failing bigint,
	primary key (collective, id)
);

create table webhook_secrets (
	collective text not null,
	webhook text not null,
	n bigint not null,
	secret bytea not null,
	until bigint,
	primary key (collective, webhook, n),
	foreign key (collective, webhook) references webhooks (collective, id) on delete cascade
);

create table webhook_deliveries (
	collective text not null,
	id text not null,
	version bigint not null,
	created bigint not null,
	changed bigint not null,
	webhook text not null,
	event text not null,
	type text not null,
	body bytea not null,
	state text not null check (state in ('pending', 'delivered', 'failed')),
	run bigint not null,
	due bigint,
	primary key (collective, id),
	unique (webhook, event, collective),
	foreign key (collective, webhook) references webhooks (collective, id) on delete cascade
);
create index webhook_deliveries_created on webhook_deliveries (webhook, created, id);

create table webhook_attempts (
	collective text not null,
	delivery text not null,
	n bigint not null,
	run bigint not null,
	started bigint not null,
	millis bigint not null,
	status bigint not null,
	error text not null,
	answer text not null,
	primary key (collective, delivery, n),
	foreign key (collective, delivery) references webhook_deliveries (collective, id) on delete cascade
);
