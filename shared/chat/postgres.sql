-- The embedded chat store: what Firestore holds in production. Idempotent: run at every start.
create schema if not exists live;

create table if not exists live.messages (
    uid text not null,
    room text not null check (room in ('coaching', 'cooking_videos')),
    id text not null,
    message jsonb not null,
    created_at timestamptz not null default clock_timestamp(),
    primary key (uid, room, id)
);
create index if not exists messages_newest on live.messages (uid, room, created_at desc);

create table if not exists live.sessions (
    uid text not null,
    session_id uuid not null,
    view jsonb not null,
    primary key (uid, session_id)
);

create table if not exists live.notifications (
    uid text not null,
    id text not null,
    notification jsonb not null,
    created_at timestamptz not null default clock_timestamp(),
    primary key (uid, id)
);
