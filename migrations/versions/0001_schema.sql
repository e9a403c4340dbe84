-- The system of record, in its own schema: row-level security is on and no policy exists, so only the services' own
-- role reads or writes it (Supabase exposes schema `public` to the world, never this one).

create extension if not exists vector;
create schema if not exists moment; -- Alembic's version table lives there too and comes first
revoke all on schema moment from public;

create function moment.touch_updated_at() returns trigger language plpgsql as $$
begin
    new.updated_at := now();
    return new;
end $$;

create table moment.users (
    id uuid primary key default gen_random_uuid(),
    firebase_uid text not null unique check (length(firebase_uid) between 1 and 128),
    email text unique,
    first_name text not null default '' check (length(first_name) <= 100),
    name_reading text check (name_reading is null or name_reading ~ '^[ぁ-ゖァ-ヶー・ 　]{1,100}$'),
    onboarding_done boolean not null default false,
    subscription_status text not null default 'free'
        check (subscription_status in ('free', 'active', 'past_due', 'cancelled')),
    subscription_started_at timestamptz,
    period_end timestamptz,
    stripe_customer_id text unique,
    learner_profile jsonb not null default '{}' check (jsonb_typeof(learner_profile) = 'object'),
    notification_prefs jsonb not null default '{}' check (jsonb_typeof(notification_prefs) = 'object'),
    deleted_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

create table moment.dishes (
    id uuid primary key default gen_random_uuid(),
    slug text not null unique check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
    name_ja text not null,
    name_en text not null,
    description_ja text not null,
    principles text[] not null,
    transferable_to text[] not null default '{}',
    month_unlocked integer not null check (month_unlocked >= 1),
    position integer not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

create table moment.user_dish_progress (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references moment.users on delete cascade,
    dish_id uuid not null references moment.dishes,
    status text not null default 'not_started' check (status in ('not_started', 'in_progress', 'completed')),
    started_at timestamptz,
    completed_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (user_id, dish_id),
    check ((status = 'not_started') = (started_at is null)),
    check ((status = 'completed') = (completed_at is not null))
);

create table moment.sessions (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references moment.users on delete cascade,
    dish_id uuid not null references moment.dishes,
    session_number integer not null check (session_number in (1, 2, 3)),
    custom_dish_name text check (length(custom_dish_name) between 1 and 100),
    raw_video_path text,
    voice_memo_path text,
    typed_memo text check (length(typed_memo) <= 2000),
    self_ratings jsonb check (
        self_ratings is null or (
            jsonb_typeof(self_ratings) = 'object'
            and self_ratings ?& array['appearance', 'taste', 'texture', 'aroma']
            and self_ratings - array['appearance', 'taste', 'texture', 'aroma'] = '{}'::jsonb
            and self_ratings -> 'appearance' <@ '[1, 2, 3, 4, 5]'::jsonb
            and self_ratings -> 'taste' <@ '[1, 2, 3, 4, 5]'::jsonb
            and self_ratings -> 'texture' <@ '[1, 2, 3, 4, 5]'::jsonb
            and self_ratings -> 'aroma' <@ '[1, 2, 3, 4, 5]'::jsonb
        )
    ),
    voice_transcript text,
    structured_input jsonb,
    status text not null default 'pending_upload'
        check (status in ('pending_upload', 'uploaded', 'processing', 'text_ready', 'completed', 'failed')),
    failure_code text check (
        failure_code in ('not_cooking', 'unreadable_video', 'too_short', 'too_long', 'too_large', 'timed_out',
                         'internal', 'render_failed')
    ),
    media jsonb,
    video_analysis jsonb,
    retrieved_context jsonb,
    coaching_text jsonb,
    coaching_text_delivered_at timestamptz,
    narration_script jsonb,
    coaching_video_path text,
    poster_path text,
    captions_path text,
    current_run uuid,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (user_id, dish_id, session_number),
    -- a failed session says why; a render failure keeps the delivered text and its status
    check (status <> 'failed' or (failure_code is not null and failure_code <> 'render_failed')),
    check (status in ('failed', 'text_ready') or failure_code is null),
    check (status <> 'text_ready' or failure_code is null or failure_code = 'render_failed'),
    check (status not in ('text_ready', 'completed') or coaching_text is not null),
    check (status <> 'completed' or coaching_video_path is not null),
    check (status = 'pending_upload' or status = 'failed' or raw_video_path is not null)
);
create index sessions_by_user on moment.sessions (user_id, created_at desc);
create index sessions_newest_texts on moment.sessions (coaching_text_delivered_at desc) where coaching_text is not null;

-- The eight legal moves of a session's status, enforced here as well as in code (shared/models/session.py).
create function moment.check_session_move() returns trigger language plpgsql as $$
begin
    if old.status is distinct from new.status and (old.status, new.status) not in (
        ('pending_upload', 'uploaded'),
        ('uploaded', 'processing'),
        ('uploaded', 'failed'),
        ('processing', 'text_ready'),
        ('processing', 'failed'),
        ('text_ready', 'completed'),
        ('failed', 'uploaded'),
        ('failed', 'processing')
    ) then
        raise exception 'a session that is % cannot become %', old.status, new.status
            using errcode = 'check_violation', constraint = 'sessions_legal_move';
    end if;
    return new;
end $$;
create trigger legal_move before update of status on moment.sessions
    for each row execute function moment.check_session_move();

create function moment.check_session_start() returns trigger language plpgsql as $$
begin
    if new.status <> 'pending_upload' then
        raise exception 'a session starts as pending_upload, not as %', new.status
            using errcode = 'check_violation', constraint = 'sessions_legal_start';
    end if;
    return new;
end $$;
create trigger legal_start before insert on moment.sessions
    for each row execute function moment.check_session_start();

create table moment.runs (
    id uuid primary key,
    session_id uuid not null references moment.sessions on delete cascade,
    execution_name text unique,
    workflow_revision text,
    status text not null default 'started' check (status in ('started', 'succeeded', 'failed')),
    started_at timestamptz not null default now(),
    finished_at timestamptz,
    error text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    check ((status = 'started') = (finished_at is null))
);
create index runs_by_session on moment.runs (session_id, started_at desc);
alter table moment.sessions add foreign key (current_run) references moment.runs deferrable initially deferred;

create table moment.stage_runs (
    id uuid primary key default gen_random_uuid(),
    run_id uuid not null references moment.runs on delete cascade,
    stage text not null check (stage ~ '^[a-z_]{1,40}$'),
    fingerprint text not null check (fingerprint ~ '^[0-9a-f]{64}$'),
    status text not null check (status in ('running', 'succeeded', 'failed')),
    lease_owner uuid,
    lease_expires_at timestamptz,
    output jsonb,
    answer jsonb,
    error_code text,
    error_detail text,
    attempts integer not null default 1 check (attempts >= 1),
    started_at timestamptz not null default now(),
    finished_at timestamptz,
    cost jsonb not null default '{}',
    model text not null default '',
    prompt_version text not null default '',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (run_id, stage, fingerprint),
    check ((status = 'running') = (lease_owner is not null)),
    check ((status = 'running') = (lease_expires_at is not null)),
    check (status <> 'succeeded' or output is not null)
);
create index stage_runs_latest on moment.stage_runs (run_id, stage, finished_at desc);

create table moment.learner_states (
    user_id uuid primary key references moment.users on delete cascade,
    skills_acquired text[] not null default '{}',
    skills_developing text[] not null default '{}',
    recurring_mistakes jsonb not null default '[]' check (jsonb_typeof(recurring_mistakes) = 'array'),
    learning_velocity text check (learning_velocity in ('fast', 'steady', 'slow', 'plateau')),
    session_summaries jsonb not null default '[]' check (jsonb_typeof(session_summaries) = 'array'),
    next_focus text not null default '' check (length(next_focus) <= 200),
    ready_for_next_dish boolean not null default false,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

create table moment.cooking_principles (
    id uuid primary key default gen_random_uuid(),
    slug text not null unique check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
    title text not null,
    principle_text text not null,
    category text not null check (length(category) <= 100),
    dishes text[] not null default '{}',
    mistake_codes text[] not null default '{}',
    cues jsonb not null default '{}',
    content_hash text not null,
    embedding_model text not null,
    embedding vector(768) not null,
    keywords tsvector not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
create index cooking_principles_nearest on moment.cooking_principles using hnsw (embedding vector_cosine_ops);
create index cooking_principles_keywords on moment.cooking_principles using gin (keywords);

create table moment.devices (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references moment.users on delete cascade,
    installation_id text not null unique check (length(installation_id) between 1 and 512),
    platform text not null check (platform in ('ios', 'android', 'web')),
    last_seen timestamptz not null default now(),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
create index devices_by_user on moment.devices (user_id);

create table moment.stripe_events (
    event_id text primary key,
    type text not null,
    handled_at timestamptz not null default now()
);

do $$
declare
    name text;
begin
    for name in select tablename from pg_tables where schemaname = 'moment' loop
        execute format('alter table moment.%I enable row level security', name);
    end loop;
    for name in
        select table_name from information_schema.columns where table_schema = 'moment' and column_name = 'updated_at'
    loop
        execute format(
            'create trigger touch before update on moment.%I for each row execute function moment.touch_updated_at()',
            name
        );
    end loop;
end $$;
