#!/usr/bin/env bash
# Runs a command beside a private MariaDB server and returns its exit status:
#
#	scripts/test.sh go test ./...
#
# The server lives in a temporary directory and on a free loopback port; it is
# stopped and removed however the command ends. The command finds it in
# TAGKEEP_TEST_MYSQL=mysql://user:password@host:port/ (no database name: tests
# create and drop their own). Where that is set already, that server is used
# and none is started. Several runs beside each other do not meet.
set -euo pipefail

say() { printf 'test.sh: %s\n' "$*" >&2; }
die() {
	say "$@"
	exit 1
}

if (($# == 0)); then
	die "usage: scripts/test.sh COMMAND [ARGUMENT...]"
fi
if [[ -n ${TAGKEEP_TEST_MYSQL:-} ]]; then
	exec "$@"
fi

PATH=$PATH:/usr/local/sbin:/usr/sbin:/usr/libexec:/usr/local/libexec
is_root() { [[ $(id -u) == 0 ]]; }
find_server() { command -v mariadbd || command -v mysqld; }

# Two runs that both find no server must not both install one. apt's own
# waiting covers the dpkg lock but not the lists, hence the attempts.
install_server() {
	say "no mariadbd found: installing mariadb-server"
	exec 9>/run/tagkeep-apt.lock
	if command -v flock >/dev/null; then
		flock 9
	fi
	if find_server >/dev/null; then
		return
	fi
	# RUNLEVEL=1 keeps the package from starting a server of its own.
	export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
	local apt=(apt-get -q -y -o DPkg::Lock::Timeout=300)
	for attempt in 1 2 3 4 5 6; do
		if "${apt[@]}" update && "${apt[@]}" install --no-install-recommends mariadb-server; then
			return
		fi
		say "apt-get failed (attempt $attempt of 6)"
		sleep 10
	done >&2
}

if ! find_server >/dev/null && is_root && command -v apt-get >/dev/null; then
	install_server || true
	exec 9>&-
fi
server=$(find_server) || die "no MariaDB server: install mariadb-server (MariaDB 10.6 or newer, Debian: apt install mariadb-server)," \
	"or set TAGKEEP_TEST_MYSQL=mysql://user:password@host:port/ to an account with all privileges"
client=$(command -v mariadb || command -v mysql) || die "no client beside $server: install mariadb-client"
admin=$(command -v mariadb-admin || command -v mysqladmin) || die "no mariadb-admin beside $server: install mariadb-client"

base=${TMPDIR:-/tmp}
if [[ $base == *[[:space:]]* ]]; then
	base=/tmp # mariadb-install-db splits its paths at blanks
fi
dir=$(mktemp -d "$base/tagkeep-test.XXXXXX")
dir=$(cd "$dir" && pwd -P)
data=$dir/data
log=$dir/server.log
pid=

stop() {
	status=$?
	trap - EXIT INT TERM HUP
	if [[ -n $pid ]] && kill -TERM "$pid" 2>/dev/null; then
		for ((i = 0; i < 300; i++)); do
			kill -0 "$pid" 2>/dev/null || break
			sleep 0.1
		done
		kill -KILL "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	fi
	rm -rf "$dir"
	exit "$status"
}
trap stop EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

as=()
if is_root; then
	as=(--user=root)
fi

mkdir "$data" "$dir/tmp"
case $("$server" --version) in
*MariaDB*)
	install=$(command -v mariadb-install-db || command -v mysql_install_db) || die "no mariadb-install-db beside $server"
	"$install" --no-defaults ${as[@]+"${as[@]}"} --datadir="$data" --auth-root-authentication-method=normal --skip-test-db >"$log" 2>&1 ||
		{ cat "$log" >&2 && die "mariadb-install-db failed in $data"; }
	extra=()
	;;
*)
	"$server" --no-defaults ${as[@]+"${as[@]}"} --initialize-insecure --datadir="$data" >"$log" 2>&1 ||
		{ cat "$log" >&2 && die "mysqld --initialize-insecure failed in $data"; }
	extra=(--mysqlx=OFF)
	;;
esac
cat >"$dir/init.sql" <<SQL
CREATE USER 'tagkeep'@'127.0.0.1' IDENTIFIED BY 'secret';
GRANT ALL PRIVILEGES ON *.* TO 'tagkeep'@'127.0.0.1' WITH GRANT OPTION;
SQL

# The socket's name is relative to the data directory, because the path of a
# temporary directory can be longer than a socket's may be.
start() {
	"$server" --no-defaults ${as[@]+"${as[@]}"} ${extra[@]+"${extra[@]}"} \
		--datadir="$data" --tmpdir="$dir/tmp" --socket=s --pid-file="$dir/pid" --init-file="$dir/init.sql" \
		--bind-address=127.0.0.1 --port="$1" --skip-name-resolve \
		--local-infile=1 --max-allowed-packet=64M \
		--innodb-buffer-pool-size=256M --innodb-flush-log-at-trx-commit=1 \
		>>"$log" 2>&1 </dev/null &
	pid=$!
}

# Whether our own server answers on the port: a stranger that took it first
# would not have our data directory.
answers() {
	local to=(--no-defaults --protocol=tcp --host=127.0.0.1 --port="$1" --user=tagkeep --password=secret)
	"$admin" "${to[@]}" --connect-timeout=2 ping >/dev/null 2>&1 || return 1
	[[ $("$client" "${to[@]}" -N -e 'SELECT @@datadir' 2>/dev/null) == "$data/" ]]
}

port=
for ((try = 0; try < 10; try++)); do
	candidate=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
	if (exec 3<>"/dev/tcp/127.0.0.1/$candidate") 2>/dev/null; then
		continue # taken
	fi
	start "$candidate"
	for ((i = 0; i < 600; i++)); do
		if ! kill -0 "$pid" 2>/dev/null; then
			break # most likely somebody else took the port first
		fi
		if answers "$candidate"; then
			port=$candidate
			break 2
		fi
		sleep 0.1
	done
	kill -KILL "$pid" 2>/dev/null || true
	wait "$pid" 2>/dev/null || true
	pid=
	rm -f "$data/s" "$data/s.lock"
done
if [[ -z $port ]]; then
	tail -n 40 "$log" >&2
	die "the server did not start in $data (its log is above)"
fi

export TAGKEEP_TEST_MYSQL="mysql://tagkeep:secret@127.0.0.1:$port/"
status=0
"$@" || status=$?
exit "$status"
