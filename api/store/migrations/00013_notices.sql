-- Whom plans were told to by e-mail.

-- +goose Up
alter table members add column no_mail boolean not null default false;

create table notices (
	collective text not null references collectives (collective),
	id text not null,
	version bigint not null,
	created bigint not null,
	changed bigint not null,
	member text not null,
	plan text not null,
	event text not null check (event in ('plan.proposed', 'plan.published', 'carrier.absent')),
	round text not null,
	sent bigint,
	primary key (collective, id),
	unique (plan, event, member, round, collective),
	foreign key (collective, member) references members (collective, id) on delete cascade,
	foreign key (collective, plan) references plans (collective, id) on delete cascade
);
create index notices_member on notices (member, collective);
