-- How people sign in: one-time links to their e-mail address, and the sessions that follow.

-- +goose Up
create table sign_in_links (
	collective text not null references collectives (collective),
	id text not null,
	version bigint not null,
	created bigint not null,
	changed bigint not null,
	member text not null,
	email text not null,
	hash bytea not null,
	expires bigint not null,
	primary key (collective, id),
	unique (hash, collective),
	foreign key (collective, member) references members (collective, id) on delete cascade
);
create index sign_in_links_member on sign_in_links (member, collective);

create table sessions (
	collective text not null references collectives (collective),
	id text not null,
	version bigint not null,
	created bigint not null,
	changed bigint not null,
	member text,
	email text not null,
	token text,
	hash bytea not null,
	used bigint not null,
	idle_ms bigint not null check (idle_ms >= 0),
	expires bigint not null,
	primary key (collective, id),
	unique (hash, collective),
	foreign key (collective, member) references members (collective, id) on delete cascade,
	foreign key (collective, token) references tokens (collective, id) on delete cascade,
	check ((member is null) <> (token is null))
);
create index sessions_member on sessions (member, collective);
create index sessions_token on sessions (token, collective);
