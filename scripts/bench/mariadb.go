package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"math"
	"net/url"
	"os"
	"os/exec"
	"time"

	"github.com/go-sql-driver/mysql"
)

// noServer says how to get the server.
const noServer = "TAGKEEP_TEST_MYSQL names none: run through scripts/bench.sh"

// A server is the MariaDB or MySQL that takes part. Its account must be allowed
// to create databases and to set global variables.
type server struct {
	url      *url.URL // without a database
	host     string
	port     string
	user     string
	password string
	db       *sql.DB // without a database
	version  string
}

// connect opens the server of an address such as mysql://user:password@host:port/;
// an empty one gives nil.
func (b *bench) connect(ctx context.Context, address string, stderr io.Writer) (*server, error) {
	if address == "" {
		fmt.Fprintf(stderr, "bench: no MariaDB: %s\n", noServer)
		return nil, nil
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "mysql" || u.Port() == "" {
		return nil, errors.New("TAGKEEP_TEST_MYSQL is not mysql://user:password@host:port/")
	}
	s := &server{url: u, host: u.Hostname(), port: u.Port(), user: u.User.Username()}
	s.password, _ = u.User.Password()
	if s.db, err = s.open(""); err != nil {
		return nil, err
	}
	b.onClose(func() { _ = s.db.Close() })
	if err := s.db.QueryRowContext(ctx, "SELECT VERSION()").Scan(&s.version); err != nil {
		return nil, fmt.Errorf("connect to %s: %w", u.Redacted(), err)
	}
	return s, nil
}

func (s *server) open(database string) (*sql.DB, error) {
	c := mysql.NewConfig()
	c.User, c.Passwd, c.Net, c.Addr, c.DBName = s.user, s.password, "tcp", s.url.Host, database
	c.Collation = "utf8mb4_bin"
	connector, err := mysql.NewConnector(c)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector), nil
}

// mariaEngine makes each database on the server.
var mariaEngine = engine{name: "MariaDB", ready: readyMariaDB, calm: func(ctx context.Context, b *bench) { b.server.calm(ctx) }}

func readyMariaDB(ctx context.Context, b *bench) (*database, error) {
	db, err := b.schema()
	if err != nil {
		return nil, err
	}
	if err := b.addDirectory(ctx, db); err != nil {
		db.drop()
		return nil, err
	}
	return db, nil
}

// blankMariaDB makes a database with nothing but tagkeep's tables.
func blankMariaDB(ctx context.Context, b *bench) (*database, error) {
	db, err := b.schema()
	if err != nil {
		return nil, err
	}
	if _, err := b.run(ctx, b.tagkeepCommand(db, "init")); err != nil {
		db.drop()
		return nil, err
	}
	return db, nil
}

// schema names a database that is not there yet.
func (b *bench) schema() (*database, error) {
	if b.server == nil {
		return nil, missing(noServer)
	}
	b.processes++ // for a name of its own
	name := fmt.Sprintf("tagkeep_bench_%d_%d", os.Getpid(), b.processes)
	return &database{address: b.server.url.JoinPath(name).String(), name: name, drop: func() {
		_ = b.server.apart(func(ctx context.Context) error { // a private server goes away with it
			_, err := b.server.db.ExecContext(ctx, "DROP DATABASE IF EXISTS `"+name+"`")
			return err
		})
	}}, nil
}

// apart does what must be done although the run was interrupted.
func (s *server) apart(f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return f(ctx)
}

// with sets a global variable while f runs.
func (s *server) with(ctx context.Context, variable string, value int, f func() error) (err error) {
	var before string
	if err := s.db.QueryRowContext(ctx, "SELECT @@GLOBAL."+variable).Scan(&before); err != nil {
		return err
	}
	if _, err := s.db.ExecContext(ctx, fmt.Sprintf("SET GLOBAL %s = %d", variable, value)); err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, s.apart(func(ctx context.Context) error {
			_, err := s.db.ExecContext(ctx, "SET GLOBAL "+variable+" = "+before)
			return err
		}))
	}()
	return f()
}

// calm waits until the server has written its changed pages, so that the next
// measurement does not pay for the last one. Without the right to ask for that
// it does nothing. Pages of temporary tables are never written: it ends when
// there have not been fewer for a while.
func (s *server) calm(ctx context.Context) {
	const patience, idle = 2 * time.Minute, time.Second
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_ = s.with(ctx, "innodb_max_dirty_pages_pct", 0, func() error {
		least, since := math.MaxInt, time.Now()
		for {
			var name string
			var pages int
			err := s.db.QueryRowContext(ctx, "SHOW GLOBAL STATUS LIKE 'Innodb_buffer_pool_pages_dirty'").Scan(&name, &pages)
			if pages < least {
				least, since = pages, time.Now()
			}
			if err != nil || pages == 0 || time.Since(since) > idle {
				return err
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(50 * time.Millisecond):
			}
		}
	})
	calm(ctx)
}

// client runs a script in the server's own client.
func (b *bench) client(ctx context.Context, db *database, script string, more ...string) (usage, error) {
	path, err := exec.LookPath("mariadb")
	if err != nil {
		path, err = exec.LookPath("mysql")
	}
	if err != nil {
		return usage{}, missing("mariadb client not installed")
	}
	s := b.server
	return b.run(ctx, command{path: path, stdin: script, env: []string{"MYSQL_PWD=" + s.password}, args: append([]string{
		"--no-defaults", "--protocol=tcp", "--host=" + s.host, "--port=" + s.port, "--user=" + s.user,
		"--local-infile=1", "--default-character-set=utf8mb4", "--batch", db.name}, more...)})
}

// loadMariaDB measures a script that the client feeds into tagkeep's empty
// tables, and looks whether the tables are then the same as those that tagkeep
// filled.
func (b *bench) loadMariaDB(ctx context.Context, f *filled, script string) (usage, error) {
	want, err := b.checksums(ctx, f.database)
	if err != nil {
		return usage{}, err
	}
	return b.median(ctx, func(ctx context.Context) (usage, error) {
		db, err := blankMariaDB(ctx, b)
		if err != nil {
			return usage{}, err
		}
		defer db.drop()
		b.server.calm(ctx)
		u, err := b.client(ctx, db, script)
		if err != nil {
			return u, err
		}
		got, err := b.checksums(ctx, db)
		if err == nil && got != want {
			err = fmt.Errorf("the peer's tables differ from tagkeep's: checksums %v, want %v", got, want)
		}
		return u, err
	})
}

// checksums are those of bulkTables.
func (b *bench) checksums(ctx context.Context, db *database) (sums [3]int64, err error) {
	for i, t := range bulkTables {
		var table string
		var sum sql.NullInt64
		row := b.server.db.QueryRowContext(ctx, fmt.Sprintf("CHECKSUM TABLE `%s`.`%s`", db.name, t.name))
		if err := row.Scan(&table, &sum); err != nil {
			return sums, err
		}
		sums[i] = sum.Int64
	}
	return sums, nil
}
