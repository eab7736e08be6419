/// The schema of `tactus.db` as numbered, append-only migrations, each in one transaction.
///
/// A migration that was released is never edited, because existing stores have already run it. A changed CHECK needs a
/// new migration that rebuilds its table. A test has a digest of each text.
///
/// The constraints check which columns a status needs, and never the order of instants: the wall clock may step back.
/// They already allow some words of later versions, because SQLite cannot change a CHECK without rewriting the table.
///
/// - Instants, whose columns end in `_at`, are microseconds since 1970 UTC. Spans are microseconds also.
/// - The ids of jobs are 16 bytes. Workflows are referred to by number, so that a name may be used again.
/// - Words are spelled as on the wire. A test compares each list of words with its enumeration.
/// - The index of a list's filter ends with `seq`, so that the list needs no sort. That of a range of time does not.
/// - The indexes that a release needs are partial. They hold only what is planned, waits or is live, so their size does
///   not grow with the history.
enum Schema {
  /// Migration n upgrades version n - 1 to n.
  ///
  /// A new store runs all of them. The number of migrations is the schema version that this program writes.
  static let migrations: [String] = [first, second, third, fourth, fifth, sixth, seventh]

  /// The tables of the first version, with the indexes that the verbs of the ledger need.
  ///
  /// - `store` has one row: the identity of the store, the epoch of its events, and the mark of a daemon that uses it.
  /// - `workflows` has a row per workflow, also after its deletion, because its jobs stay. `planned_job` refers to the
  ///   one job that the schedule has planned. `unanswered_from` is the first instant without an answer while nothing is
  ///   planned.
  /// - `definitions` has a row per generation. Queries read its policies and its schedule. The text is parsed at the
  ///   claim.
  /// - `jobs` has a row per attempt. `seq` is the order of creation. `fence` counts the claims, so that a late result
  ///   of an earlier claim is refused.
  /// - `tallies` counts ended jobs by status. Triggers update it in the transaction of the end.
  /// - `decisions` has ranges of instants without a job, with the reason. A voided one no longer counts.
  /// - `events` is numbered without gaps: a rolled back number is used again.
  ///
  /// `jobs_transition` aborts every change of a status that the table of the state machine does not list.
  /// `jobs_nominal` allows one planned or released job for each instant of a schedule, so that no instant runs twice.
  ///
  /// References are checked at the commit where two rows refer to each other: a workflow to its definition and its
  /// planned job.
  private static let first = """
    CREATE TABLE store (
      only INTEGER PRIMARY KEY CHECK (only = 1),
      id TEXT NOT NULL,
      epoch TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      in_use INTEGER NOT NULL CHECK (in_use IN (0, 1))
    ) STRICT;

    CREATE TABLE workflows (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 64),
      origin TEXT NOT NULL CHECK (origin IN ('file', 'socket')),
      state TEXT NOT NULL CHECK (state IN ('ACTIVE', 'TERMINATED')),
      terminated_reason TEXT CHECK (terminated_reason IN ('user', 'consecutive_failures', 'removed')),
      generation INTEGER NOT NULL CHECK (generation >= 1),
      consecutive_failures INTEGER NOT NULL DEFAULT 0 CHECK (consecutive_failures >= 0),
      planned_job BLOB REFERENCES jobs (id) DEFERRABLE INITIALLY DEFERRED,
      unanswered_from INTEGER,
      created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL,
      terminated_at INTEGER,
      resumed_at INTEGER,
      deleted_at INTEGER,
      CHECK ((state = 'TERMINATED') = (terminated_reason IS NOT NULL)),
      CHECK (state = 'ACTIVE' OR (planned_job IS NULL AND terminated_at IS NOT NULL)),
      FOREIGN KEY (id, generation) REFERENCES definitions (workflow_id, generation) DEFERRABLE INITIALLY DEFERRED
    ) STRICT;
    CREATE UNIQUE INDEX workflows_name ON workflows (name) WHERE deleted_at IS NULL;

    CREATE TABLE definitions (
      workflow_id INTEGER NOT NULL REFERENCES workflows (id) DEFERRABLE INITIALLY DEFERRED,
      generation INTEGER NOT NULL CHECK (generation >= 1),
      kind TEXT NOT NULL CHECK (kind IN ('heartbeat', 'command', 'container', 'http')),
      text TEXT NOT NULL,
      canonical TEXT NOT NULL,
      queue TEXT NOT NULL,
      priority INTEGER NOT NULL CHECK (priority BETWEEN -100 AND 100),
      max_consecutive_failures INTEGER CHECK (max_consecutive_failures BETWEEN 1 AND 1000),
      overlap TEXT NOT NULL CHECK (overlap IN ('queue', 'skip', 'allow', 'replace')),
      misfire TEXT NOT NULL CHECK (misfire IN ('latest', 'all', 'skip')),
      misfire_limit INTEGER NOT NULL CHECK (misfire_limit >= 1),
      start_within INTEGER CHECK (start_within >= 0),
      interval INTEGER CHECK (interval > 0),
      anchor_at INTEGER,
      starts_at_anchor INTEGER NOT NULL CHECK (starts_at_anchor IN (0, 1)),
      valid_from INTEGER NOT NULL,
      PRIMARY KEY (workflow_id, generation),
      CHECK ((interval IS NULL) = (anchor_at IS NULL))
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE jobs (
      seq INTEGER PRIMARY KEY AUTOINCREMENT,
      id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
      workflow_id INTEGER REFERENCES workflows (id),
      generation INTEGER,
      kind TEXT NOT NULL CHECK (kind IN ('heartbeat', 'command', 'container', 'http')),
      queue TEXT NOT NULL,
      priority INTEGER NOT NULL CHECK (priority BETWEEN -100 AND 100),
      trigger TEXT NOT NULL CHECK (trigger IN ('AUTOMATIC', 'MANUAL')),
      status TEXT NOT NULL
        CHECK (status IN ('PENDING', 'QUEUED', 'RUNNING', 'COMPLETED', 'FAILED', 'CANCELED')),
      phase TEXT CHECK (phase IS NULL OR phase IN ('held', 'scheduled', 'due', 'queued', 'waiting_for_lock',
        'waiting_for_provider', 'dispatching', 'running', 'stopping', 'unverified')),
      wait TEXT CHECK (wait IS NULL OR wait IN ('overlap', 'backlog', 'paused')),
      nominal_at INTEGER,
      scheduled_at INTEGER,
      created_at INTEGER NOT NULL,
      queued_at INTEGER,
      claimed_at INTEGER,
      started_at INTEGER,
      completed_at INTEGER,
      attempt INTEGER NOT NULL DEFAULT 1 CHECK (attempt >= 1),
      root_id BLOB NOT NULL,
      retry_of BLOB,
      replay_of BLOB,
      fence INTEGER NOT NULL DEFAULT 0,
      boot_id TEXT,
      pid INTEGER,
      pid_start INTEGER,
      stop_reason TEXT CHECK (stop_reason IS NULL OR stop_reason IN ('PROVIDER_TIMEOUT', 'CANCELED_BY_USER',
        'WORKFLOW_TERMINATED', 'OVERLAP_REPLACED', 'INTERRUPTED', 'LOST')),
      stop_at INTEGER,
      error_code TEXT,
      error_message TEXT,
      exit_code INTEGER,
      signal INTEGER,
      http_status INTEGER,
      name_lookup_us INTEGER,
      connect_us INTEGER,
      tls_us INTEGER,
      first_byte_us INTEGER,
      total_us INTEGER,
      certificate_expires_at INTEGER,
      cpu_us INTEGER,
      peak_memory_bytes INTEGER,
      log_bytes INTEGER NOT NULL DEFAULT 0,
      log_dropped_bytes INTEGER NOT NULL DEFAULT 0,
      CHECK (CASE status
        WHEN 'PENDING' THEN ifnull(phase IN ('held', 'scheduled', 'due'), 0)
        WHEN 'QUEUED' THEN ifnull(phase IN ('queued', 'waiting_for_lock', 'waiting_for_provider', 'dispatching',
          'unverified'), 0)
        WHEN 'RUNNING' THEN ifnull(phase IN ('running', 'stopping', 'unverified'), 0)
        ELSE phase IS NULL END),
      CHECK (ifnull(phase = 'due', 0) = (wait IS NOT NULL)),
      CHECK (ifnull(phase = 'held', 0) = (scheduled_at IS NULL) OR status = 'CANCELED'),
      CHECK (status IN ('PENDING', 'CANCELED') OR (queued_at IS NOT NULL AND nominal_at IS NOT NULL)),
      CHECK (status NOT IN ('RUNNING', 'COMPLETED') OR started_at IS NOT NULL),
      CHECK (phase IS NULL OR phase NOT IN ('dispatching', 'running', 'stopping')
        OR (claimed_at IS NOT NULL AND boot_id IS NOT NULL AND fence > 0)),
      CHECK ((status IN ('COMPLETED', 'FAILED', 'CANCELED')) = (completed_at IS NOT NULL)),
      CHECK ((status IN ('FAILED', 'CANCELED')) = (error_code IS NOT NULL)),
      CHECK (error_code IS NULL OR (status = 'CANCELED') = (error_code IN ('CANCELED_BY_USER',
        'WORKFLOW_TERMINATED', 'OVERLAP_REPLACED', 'MISFIRED'))),
      CHECK (trigger = 'MANUAL' OR workflow_id IS NOT NULL),
      FOREIGN KEY (workflow_id, generation) REFERENCES definitions (workflow_id, generation)
    ) STRICT;

    -- One released or planned job per nominal instant; a row withdrawn before its release is no answer.
    CREATE UNIQUE INDEX jobs_nominal ON jobs (workflow_id, nominal_at)
      WHERE trigger = 'AUTOMATIC' AND attempt = 1 AND replay_of IS NULL
        AND (status <> 'CANCELED' OR queued_at IS NOT NULL);
    CREATE INDEX jobs_due ON jobs (scheduled_at) WHERE phase = 'scheduled';
    CREATE INDEX jobs_waiting ON jobs (workflow_id, scheduled_at, id) WHERE phase = 'due';
    CREATE INDEX jobs_backlog ON jobs (queue, priority DESC, scheduled_at, id) WHERE wait = 'backlog';
    CREATE INDEX jobs_live ON jobs (workflow_id) WHERE status IN ('QUEUED', 'RUNNING');
    CREATE INDEX jobs_lane ON jobs (status, queue) WHERE status IN ('QUEUED', 'RUNNING');
    CREATE INDEX jobs_pending ON jobs (workflow_id) WHERE status = 'PENDING';
    -- Operators name jobs by the end of the id.
    CREATE INDEX jobs_tail ON jobs (substr(id, 14));
    CREATE INDEX jobs_by_workflow ON jobs (workflow_id, seq);

    CREATE TRIGGER jobs_transition BEFORE UPDATE OF status ON jobs
      WHEN OLD.status <> NEW.status AND NOT CASE OLD.status
        WHEN 'PENDING' THEN NEW.status IN ('QUEUED', 'CANCELED')
        WHEN 'QUEUED' THEN NEW.status IN ('RUNNING', 'FAILED', 'CANCELED')
        WHEN 'RUNNING' THEN NEW.status IN ('COMPLETED', 'FAILED', 'CANCELED')
        ELSE 0 END
    BEGIN
      SELECT raise(ABORT, 'a job may not change status like that');
    END;

    -- How many jobs have ended, and how: counted along, because a table of millions is not scanned for a status screen.
    CREATE TABLE tallies (
      status TEXT PRIMARY KEY CHECK (status IN ('COMPLETED', 'FAILED', 'CANCELED')),
      count INTEGER NOT NULL CHECK (count >= 0)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO tallies VALUES ('COMPLETED', 0), ('FAILED', 0), ('CANCELED', 0);
    CREATE TRIGGER jobs_ended AFTER UPDATE OF status ON jobs WHEN NEW.completed_at IS NOT NULL AND OLD.completed_at IS NULL
    BEGIN
      UPDATE tallies SET count = count + 1 WHERE status = NEW.status;
    END;
    CREATE TRIGGER jobs_deleted AFTER DELETE ON jobs WHEN OLD.completed_at IS NOT NULL
    BEGIN
      UPDATE tallies SET count = count - 1 WHERE status = OLD.status;
    END;

    CREATE TABLE decisions (
      id INTEGER PRIMARY KEY,
      workflow_id INTEGER NOT NULL REFERENCES workflows (id),
      generation INTEGER NOT NULL,
      reason TEXT NOT NULL CHECK (reason IN ('coalesced', 'missed', 'limit', 'overlap', 'skipped_by_user',
        'terminated', 'edited', 'no_credit')),
      first_at INTEGER NOT NULL,
      last_at INTEGER NOT NULL,
      count INTEGER NOT NULL CHECK (count >= 1),
      decided_at INTEGER NOT NULL,
      voided_at INTEGER,
      CHECK (first_at <= last_at AND (count = 1) = (first_at = last_at)),
      FOREIGN KEY (workflow_id, generation) REFERENCES definitions (workflow_id, generation)
    ) STRICT;
    CREATE UNIQUE INDEX decisions_first ON decisions (workflow_id, first_at) WHERE voided_at IS NULL;
    CREATE INDEX decisions_last ON decisions (last_at) WHERE voided_at IS NULL;

    CREATE TABLE events (
      sequence INTEGER PRIMARY KEY,
      at INTEGER NOT NULL,
      type TEXT NOT NULL,
      workflow_id INTEGER,
      job_id BLOB,
      status TEXT,
      error_code TEXT
    ) STRICT;
    """

  /// The number of processes that outlived a job and were ended.
  ///
  /// Jobs from before this version have 0, because nothing is known about them.
  private static let seventh = """
    ALTER TABLE jobs ADD COLUMN ended_processes INTEGER NOT NULL DEFAULT 0 CHECK (ended_processes >= 0);
    """

  /// Spans by a monotonic clock, and the order in which jobs started and ended.
  ///
  /// The instants in rows are of the wall clock, so neither spans nor an order may be computed from them.
  /// `started_event` and `ended_event` are event numbers. Jobs from before this version have negative ones, which sort
  /// first.
  ///
  /// - Spans of older rows are the differences of their instants, and 0 where those are negative.
  /// - Event numbers of older rows are taken from their events where these are still kept.
  /// - `start_delay` and `duration` replace the instants in `jobs_statistics`, which is built anew.
  /// - `jobs_by_start` finds the newest job of a workflow by the order of starts.
  private static let sixth = """
    ALTER TABLE jobs ADD COLUMN started_monotonic INTEGER;
    ALTER TABLE jobs ADD COLUMN start_delay INTEGER CHECK (start_delay IS NULL OR start_delay >= 0);
    ALTER TABLE jobs ADD COLUMN duration INTEGER CHECK (duration IS NULL OR duration >= 0);
    ALTER TABLE jobs ADD COLUMN started_event INTEGER;
    ALTER TABLE jobs ADD COLUMN ended_event INTEGER;

    UPDATE jobs SET start_delay = max(0, started_at - scheduled_at) WHERE started_at IS NOT NULL;
    UPDATE jobs SET duration = max(0, completed_at - started_at) WHERE started_at IS NOT NULL AND completed_at IS NOT NULL;
    UPDATE jobs SET started_event = seq - (SELECT max(seq) + 1 FROM jobs) WHERE started_at IS NOT NULL OR status = 'FAILED';
    UPDATE jobs SET ended_event = seq - (SELECT max(seq) + 1 FROM jobs) WHERE completed_at IS NOT NULL;
    UPDATE jobs SET started_event = e.sequence FROM events e
      WHERE e.type = 'job.running' AND e.job_id = jobs.id;
    UPDATE jobs SET ended_event = e.sequence FROM events e
      WHERE e.type IN ('job.completed', 'job.failed', 'job.canceled') AND e.job_id = jobs.id;

    DROP INDEX jobs_statistics;
    CREATE INDEX jobs_statistics ON jobs (workflow_id, completed_at, status, queue, kind, start_delay, duration)
      WHERE completed_at IS NOT NULL;
    -- The job of a workflow that began last, or failed to.
    CREATE INDEX jobs_by_start ON jobs (workflow_id, started_event) WHERE started_event IS NOT NULL;
    """

  /// The runner that started a command.
  ///
  /// NULL for other kinds, before the start, and for commands that an earlier version started. Recovery asks this
  /// runner about the row, and both runners if it is NULL.
  private static let fifth = """
    ALTER TABLE jobs ADD COLUMN runner TEXT CHECK (runner IS NULL OR runner IN ('direct', 'systemd'));
    """

  /// The build status of images, known before jobs need them.
  ///
  /// NULL for a workflow without an image. Existing container workflows begin as QUEUED, so the next start prepares
  /// their images. `workflows_building` holds only those that are not prepared. `events.detail` has the step, or the
  /// reason of a failure.
  private static let fourth = """
    ALTER TABLE workflows ADD COLUMN build_status TEXT
      CHECK (build_status IS NULL OR build_status IN ('QUEUED', 'STARTED', 'COMPLETED', 'FAILED'));
    ALTER TABLE workflows ADD COLUMN build_error TEXT;
    CREATE INDEX workflows_building ON workflows (id) WHERE build_status IN ('QUEUED', 'STARTED');
    UPDATE workflows SET build_status = 'QUEUED' WHERE deleted_at IS NULL AND (SELECT kind FROM definitions d
      WHERE d.workflow_id = workflows.id AND d.generation = workflows.generation) = 'container';

    ALTER TABLE events ADD COLUMN detail TEXT;
    """

  /// The provider and the id of a container.
  ///
  /// Both are written with the start, and after a crash they say which engine to ask for which container. NULL for work
  /// that only this host runs.
  private static let third = """
    ALTER TABLE jobs ADD COLUMN provider TEXT;
    ALTER TABLE jobs ADD COLUMN container_id TEXT;
    """

  /// Support for clients: an index for each filter of a list, statistics, explanations, idempotency keys.
  ///
  /// - `waited` keeps the last reason why a job waited, after `wait` is cleared by its release.
  /// - `timeout` is that of the definition at the start, so that a later edit does not change a running job. NULL has
  ///   no limit.
  /// - `jobs_statistics` has all columns that statistics read. The sixth migration builds it anew.
  /// - `workflows_named` includes deleted workflows, whose jobs are listed by their former name.
  /// - `idempotency_keys` holds the request of each key, and the job that it created.
  private static let second = """
    ALTER TABLE jobs ADD COLUMN waited TEXT CHECK (waited IS NULL OR waited IN ('overlap', 'backlog', 'paused'));

    ALTER TABLE jobs ADD COLUMN timeout INTEGER CHECK (timeout IS NULL OR timeout > 0);

    -- Lists go from the newest row to older ones, so every filter that many rows can match has its rows in that order.
    -- QUEUED and RUNNING rows are few, and found by jobs_lane.
    CREATE INDEX jobs_by_phase ON jobs (phase, seq) WHERE status = 'PENDING';
    CREATE INDEX jobs_by_end ON jobs (status, seq) WHERE completed_at IS NOT NULL;
    CREATE INDEX jobs_by_error ON jobs (error_code, seq) WHERE error_code IS NOT NULL;
    CREATE INDEX jobs_by_queue ON jobs (queue, seq);
    CREATE INDEX jobs_by_kind ON jobs (kind, seq);
    CREATE INDEX jobs_by_trigger ON jobs (trigger, seq);
    CREATE INDEX jobs_by_time ON jobs (scheduled_at);
    -- Has all that statistics read, so that they never touch the rows.
    CREATE INDEX jobs_statistics ON jobs (workflow_id, completed_at, status, queue, kind, scheduled_at, started_at)
      WHERE completed_at IS NOT NULL;

    -- A deleted workflow's jobs are listed by its name.
    CREATE INDEX workflows_named ON workflows (name, id);

    -- What a client's key stands for; kept longer than a client repeats a request.
    CREATE TABLE idempotency_keys (
      key TEXT PRIMARY KEY,
      request TEXT NOT NULL,
      job BLOB NOT NULL CHECK (length(job) = 16),
      created_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);
    """
}
