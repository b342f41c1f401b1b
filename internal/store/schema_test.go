package store_test

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"

	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
)

// Two sets of migrations must make one schema: what one database refuses, the
// other refuses too.
func TestSchemasAgree(t *testing.T) {
	t.Parallel()
	server := storetest.Open(t, storetest.MySQL(t))
	var version string
	storetest.Read(t, server, func(tx *store.Tx) error { return tx.Get(&version, "SELECT VERSION()") })
	if !strings.Contains(version, "MariaDB") {
		t.Skipf("the server is %s: its catalogue tells defaults and checks in other words than MariaDB's", version)
	}
	lite, my := sqliteSchema(t, storetest.Open(t, storetest.SQLite(t))), mysqlSchema(t, server)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(lite)), slices.Sorted(maps.Keys(my))); diff != "" {
		t.Fatalf("tables (-sqlite +mysql):\n%s", diff)
	}
	for _, table := range slices.Sorted(maps.Keys(lite)) {
		if diff := cmp.Diff(lite[table], my[table]); diff != "" {
			t.Errorf("%s (-sqlite +mysql):\n%s", table, diff)
		}
	}
}

// schema maps tables to what is said of them, a line for each column, each
// unique key and each foreign key.
type schema map[string][]string

func (s schema) add(table, format string, args ...any) {
	s[table] = append(s[table], fmt.Sprintf(format, args...))
}

func (s schema) sorted() schema {
	for _, lines := range s {
		slices.Sort(lines)
	}
	return s
}

var (
	lengthCheck = regexp.MustCompile(`CHECK \(length\((\w+)\) <= (\d+)\)`)
	listCheck   = regexp.MustCompile(`CHECK \((\w+) IN \(([^)]*)\)\)`)
)

func sqliteSchema(t *testing.T, db *store.DB) schema {
	s := make(schema)
	storetest.Read(t, db, func(tx *store.Tx) error {
		var tables []struct{ Name, SQL string }
		err := tx.Select(&tables, "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name <> 'schema_version'")
		if err != nil {
			return err
		}
		for _, table := range tables {
			if err := sqliteTable(tx, s, table.Name, table.SQL); err != nil {
				return err
			}
		}
		return nil
	})
	return s.sorted()
}

func sqliteTable(tx *store.Tx, s schema, table, ddl string) error {
	limits, lists := make(map[string]string), make(map[string]string)
	for _, m := range lengthCheck.FindAllStringSubmatch(ddl, -1) {
		limits[m[1]] = m[2]
	}
	for _, m := range listCheck.FindAllStringSubmatch(ddl, -1) {
		lists[m[1]] = m[2]
	}
	err := tx.Each("SELECT name, type, \"notnull\" OR pk > 0, COALESCE(dflt_value, '-') FROM pragma_table_info('"+table+"')", nil, func(rows *sqlx.Rows) error {
		var name, kind, fallback string
		var required bool
		if err := rows.Scan(&name, &kind, &required, &fallback); err != nil {
			return err
		}
		switch {
		case kind == "INTEGER":
			kind = "number"
		case lists[name] != "":
			kind = "text"
		case limits[name] != "":
			kind = "text up to " + limits[name]
		default:
			kind, fallback = "text", "-" // a MEDIUMTEXT has no default
		}
		s.add(table, "column %s: %s, required %t, default %s, one of %s", name, kind, required, fallback, lists[name])
		return nil
	})
	if err != nil {
		return err
	}
	err = tx.Each("SELECT \"table\", \"from\", \"to\" FROM pragma_foreign_key_list('"+table+"')", nil, func(rows *sqlx.Rows) error {
		var to, column, key string
		err := rows.Scan(&to, &column, &key)
		s.add(table, "%s refers to %s.%s", column, to, key)
		return err
	})
	if err != nil {
		return err
	}
	return tx.Each(`SELECT l.origin = 'pk', l."unique", group_concat(i.name) FROM pragma_index_list('`+table+`') l, pragma_index_info(l.name) i GROUP BY l.name`, nil, func(rows *sqlx.Rows) error {
		var primary, unique bool
		var columns string
		if err := rows.Scan(&primary, &unique, &columns); err != nil {
			return err
		}
		if !primary { // an INTEGER PRIMARY KEY has no index of its own
			s.add(table, "index on %s, unique %t", columns, unique)
		}
		return nil
	})
}

func mysqlSchema(t *testing.T, db *store.DB) schema {
	s := make(schema)
	storetest.Read(t, db, func(tx *store.Tx) error {
		return errors.Join(mysqlColumns(t, tx, s), mysqlForeignKeys(tx, s), mysqlIndexes(tx, s))
	})
	return s.sorted()
}

func mysqlColumns(t *testing.T, tx *store.Tx, s schema) error {
	lists, err := mysqlLists(tx)
	if err != nil {
		return err
	}
	return tx.Each(`SELECT table_name, column_name, data_type, COALESCE(character_maximum_length, 0), is_nullable = 'NO', COALESCE(column_default, '-'), COALESCE(collation_name, '')
		FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name <> 'schema_version'`, nil, func(rows *sqlx.Rows) error {
		var table, name, kind, fallback, collation string
		var limit int64
		var required bool
		if err := rows.Scan(&table, &name, &kind, &limit, &required, &fallback, &collation); err != nil {
			return err
		}
		if collation != "" && collation != "utf8mb4_bin" {
			t.Errorf("%s.%s has collation %s", table, name, collation)
		}
		list := lists[table+"."+name]
		switch {
		case kind == "bigint":
			kind = "number"
		case kind == "varchar" && list == "":
			kind = fmt.Sprint("text up to ", limit)
		default:
			kind = "text"
		}
		if fallback == "NULL" {
			fallback = "-"
		}
		s.add(table, "column %s: %s, required %t, default %s, one of %s", name, kind, required, fallback, list)
		return nil
	})
}

// mysqlLists maps columns to the values that a check allows.
func mysqlLists(tx *store.Tx) (map[string]string, error) {
	lists := make(map[string]string)
	checks := "SELECT table_name, check_clause FROM information_schema.check_constraints WHERE constraint_schema = DATABASE()"
	err := tx.Each(checks, nil, func(rows *sqlx.Rows) error {
		var table, clause string
		err := rows.Scan(&table, &clause)
		clause = strings.ReplaceAll(clause, "`", "")
		if column, list, ok := strings.Cut(clause, " in ("); ok {
			lists[table+"."+column] = strings.ReplaceAll(strings.TrimSuffix(list, ")"), ",", ", ")
		}
		return err
	})
	return lists, err
}

func mysqlForeignKeys(tx *store.Tx, s schema) error {
	return tx.Each(`SELECT table_name, column_name, referenced_table_name, referenced_column_name FROM information_schema.key_column_usage
		WHERE table_schema = DATABASE() AND referenced_table_name IS NOT NULL`, nil, func(rows *sqlx.Rows) error {
		var table, column, to, key string
		err := rows.Scan(&table, &column, &to, &key)
		s.add(table, "%s refers to %s.%s", column, to, key)
		return err
	})
}

func mysqlIndexes(tx *store.Tx, s schema) error {
	return tx.Each(`SELECT table_name, non_unique = 0, GROUP_CONCAT(column_name ORDER BY seq_in_index) FROM information_schema.statistics
		WHERE table_schema = DATABASE() AND table_name <> 'schema_version' AND index_name <> 'PRIMARY' GROUP BY table_name, index_name, non_unique`, nil, func(rows *sqlx.Rows) error {
		var table, columns string
		var unique bool
		err := rows.Scan(&table, &unique, &columns)
		s.add(table, "index on %s, unique %t", columns, unique)
		return err
	})
}
