"""The tables of the stand-in's SQLite file."""

from __future__ import annotations

SCHEMA_VERSION = 4

# Times are text, `YYYY-MM-DD HH:MM:SS` in UTC; days are `YYYY-MM-DD`; both compare as text.
# Columns named *_json hold JSON.
WORLD_TABLES = {
    "users": """
        id INTEGER PRIMARY KEY, username TEXT NOT NULL UNIQUE COLLATE NOCASE, first_name TEXT NOT NULL,
        last_name TEXT NOT NULL, email TEXT NOT NULL COLLATE NOCASE, uuid TEXT NOT NULL, level TEXT NOT NULL,
        branch INTEGER NOT NULL, active INTEGER NOT NULL, lang_code TEXT NOT NULL, created_at TEXT NOT NULL,
        updated_at TEXT NOT NULL""",
    "locations": "id INTEGER PRIMARY KEY, name TEXT NOT NULL",
    "courses": """
        id INTEGER PRIMARY KEY, uid TEXT NOT NULL, code TEXT NOT NULL, name TEXT NOT NULL, slug TEXT NOT NULL,
        description TEXT NOT NULL, type TEXT NOT NULL, lang_code TEXT NOT NULL, begin_date TEXT, end_date TEXT,
        duration_s INTEGER NOT NULL, rating REAL, channel_id INTEGER NOT NULL, skills_json TEXT NOT NULL,
        content_partner_id INTEGER, price REAL NOT NULL, hidden INTEGER NOT NULL, soft_deadline INTEGER NOT NULL,
        max_enrollments INTEGER, location_id INTEGER, webinar_tool TEXT, fields_json TEXT NOT NULL""",
    "sessions": """
        id INTEGER PRIMARY KEY, course_id INTEGER NOT NULL, uid TEXT NOT NULL, code TEXT NOT NULL, name TEXT NOT NULL,
        description TEXT NOT NULL, other_info TEXT NOT NULL, begin_at TEXT NOT NULL, end_at TEXT NOT NULL,
        min_enrollments INTEGER NOT NULL, max_enrollments INTEGER NOT NULL, score_base INTEGER NOT NULL,
        timezone TEXT NOT NULL""",
    "events": """
        id INTEGER PRIMARY KEY, session_id INTEGER NOT NULL, name TEXT NOT NULL, day TEXT NOT NULL,
        time_begin TEXT NOT NULL, time_end TEXT NOT NULL, timezone TEXT NOT NULL, classroom_id INTEGER NOT NULL,
        location_id INTEGER NOT NULL""",
    "learning_plans": """
        id INTEGER PRIMARY KEY, uuid TEXT NOT NULL, code TEXT NOT NULL, name TEXT NOT NULL, slug TEXT NOT NULL,
        description TEXT NOT NULL, lang_code TEXT NOT NULL""",
    "learning_plan_courses": """
        learning_plan_id INTEGER NOT NULL, course_id INTEGER NOT NULL, position INTEGER NOT NULL,
        PRIMARY KEY (learning_plan_id, course_id)""",
    # AUTOINCREMENT: the number of a deleted enrollment is never given again.
    "course_enrollments": """
        id INTEGER PRIMARY KEY AUTOINCREMENT, user_id INTEGER NOT NULL, course_id INTEGER NOT NULL,
        level INTEGER NOT NULL, status TEXT NOT NULL, created_at TEXT NOT NULL, created_by INTEGER NOT NULL,
        updated_at TEXT NOT NULL, begin_date TEXT, end_date TEXT, completed_at TEXT, score REAL,
        time_spent_s INTEGER NOT NULL, complete_percent INTEGER NOT NULL, fields_json TEXT NOT NULL,
        assignment_type TEXT, UNIQUE (user_id, course_id)""",
    "session_enrollments": """
        id INTEGER PRIMARY KEY AUTOINCREMENT, user_id INTEGER NOT NULL, session_id INTEGER NOT NULL,
        level INTEGER NOT NULL, status TEXT NOT NULL, created_at TEXT NOT NULL, created_by INTEGER NOT NULL,
        UNIQUE (user_id, session_id)""",
    "learning_plan_enrollments": """
        id INTEGER PRIMARY KEY AUTOINCREMENT, user_id INTEGER NOT NULL, learning_plan_id INTEGER NOT NULL,
        status TEXT NOT NULL, created_at TEXT NOT NULL, created_by INTEGER NOT NULL, updated_at TEXT NOT NULL,
        begin_date TEXT, end_date TEXT, completed_at TEXT, time_spent_s INTEGER NOT NULL,
        complete_percent INTEGER NOT NULL, UNIQUE (user_id, learning_plan_id)""",
    "rsvps": """
        event_id INTEGER NOT NULL, user_id INTEGER NOT NULL, response INTEGER NOT NULL, synchronized_at TEXT NOT NULL,
        PRIMARY KEY (event_id, user_id)""",
    "enrollment_fields": """
        id INTEGER PRIMARY KEY, title TEXT NOT NULL, type TEXT NOT NULL, mandatory INTEGER NOT NULL,
        visible_to_user INTEGER NOT NULL, sequence INTEGER NOT NULL, courses_json TEXT NOT NULL,
        options_json TEXT NOT NULL""",
    "course_fields": "id INTEGER PRIMARY KEY, title TEXT NOT NULL, type TEXT NOT NULL, options_json TEXT NOT NULL",
    "cursors": "id TEXT PRIMARY KEY, search TEXT NOT NULL, expires_at TEXT NOT NULL",
    # The number of a webhook that was removed is never given again. name: of those that were made by API.
    "webhooks": """
        id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, url TEXT NOT NULL, events_json TEXT, username TEXT,
        password TEXT, enabled INTEGER NOT NULL DEFAULT 1""",
    # flaw_json: how subscribers get it spoilt. forged: that it is not the platform's, and what its password is like.
    "deliveries": """
        id INTEGER PRIMARY KEY, event TEXT NOT NULL, envelope_json TEXT NOT NULL, flaw_json TEXT, forged TEXT""",
    # due_at is a Unix time in seconds; a row leaves when it is acknowledged or given up.
    "outbox": """
        id INTEGER PRIMARY KEY, delivery_id INTEGER NOT NULL, webhook_id INTEGER NOT NULL, attempts INTEGER NOT NULL,
        due_at REAL NOT NULL""",
}

# What belongs to the installation and outlives the world: a token stays good when the world is created anew.
SITE_TABLES = {
    "meta": "key TEXT PRIMARY KEY, value TEXT NOT NULL",
    "tokens": """
        token TEXT PRIMARY KEY, kind TEXT NOT NULL, user_id INTEGER NOT NULL, client_id TEXT NOT NULL,
        expires_at TEXT NOT NULL""",
    "codes": """
        code TEXT PRIMARY KEY, user_id INTEGER NOT NULL, client_id TEXT NOT NULL, redirect_uri TEXT NOT NULL,
        challenge TEXT, challenge_method TEXT, expires_at TEXT NOT NULL""",
    "redirect_uris": "uri TEXT PRIMARY KEY",
    "jwt_keys": "issuer TEXT PRIMARY KEY, public_key TEXT NOT NULL",
}

INDEXES = (
    "CREATE INDEX enrollments_by_course ON course_enrollments (course_id)",
    "CREATE INDEX session_enrollments_by_session ON session_enrollments (session_id)",
    "CREATE INDEX plan_enrollments_by_plan ON learning_plan_enrollments (learning_plan_id)",
    "CREATE INDEX events_by_session ON events (session_id)",
    "CREATE INDEX users_by_email ON users (email)",
    "CREATE INDEX outbox_by_due ON outbox (due_at, id)",
)
