-- The planning of a sale that waits, runs or was last: what is asked for, who does it, how far it is and what came of it.

-- +goose Up
create table plannings (
	collective text not null,
	sale text not null,
	state text not null check (state in ('waiting', 'running', 'planned', 'failed', 'cancelled')),
	request text not null,
	actor text not null,
	next_request text,
	next_actor text,
	asked bigint not null,
	changed bigint not null,
	due bigint,
	runs bigint not null,
	holder text,
	revision bigint not null,
	progress text not null,
	plan text,
	reason text not null,
	faults text not null,
	primary key (collective, sale),
	foreign key (collective, sale) references sales (collective, id) on delete cascade,
	foreign key (collective, plan) references plans (collective, id),
	check ((holder is not null) = (state = 'running')),
	check ((due is not null) = (state in ('waiting', 'running'))),
	check ((next_request is null) = (next_actor is null))
);
create index plannings_due on plannings (due) where due is not null;
create index plannings_plan on plannings (plan, collective);

-- How a plan differs from the one that it is based on, as it was found when it was made.
alter table plan_documents add column changes bytea;
