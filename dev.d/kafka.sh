# shellcheck shell=bash
# A real Kafka on this machine without containers, for tests and for trying things out; ./dev
# sources this file.
#
# A cluster is a folder, CERK_KAFKA_DIR (build/kafka by default), so several can be up at once:
#   cluster.id   marks the folder as a cluster's
#   bootstrap    the address; written when all brokers have served, so without it `up` starts over
#   broker-I/    server.properties, pid, server.log, data, tmp
# and after `up --secure` also:
#   bootstrap.secure  the address of the listeners that want TLS and a login (SASL PLAIN)
#   ca.pem            who signed the brokers' certificate
#   server.pem        that certificate and its key
#   password          of both users: `cerk` may do everything, `stranger` only what ACLs allow;
#                     whoever comes by the plain listener may do everything, too
# What changes a cluster holds a lock on its folder. The jars are in the user's cache folder.

kafka_version=4.1.2
kafka_cache=${XDG_CACHE_HOME:-~/.cache}/cerk
kafka_pom=$root/dev.d/kafka/pom.xml
kafka_seconds=120 # how long brokers may take to serve
kafka_secure=0    # whether a cluster that is made gets secure listeners

# What an unfinished command has begun, for kafka_cleanup.
kafka_staging='' # the folder of a download, or of the broker that is tried after it
kafka_started=() # brokers
kafka_made=0     # a folder, still empty
kafka_fresh=0    # a cluster's folder

kafka() {
  local command=${1:-}
  shift || true
  kafka_dir=$(realpath -m -- "${CERK_KAFKA_DIR:-$root/build/kafka}")
  # A comma would end the folder's name in server.properties, a backslash would change it.
  [[ $kafka_dir != *[,\\]* ]] || fail "no comma or backslash can be in the name of $kafka_dir"
  kafka_guard
  case $command in
    up) kafka_up "$@" ;;
    down) kafka_down "$@" ;;
    status) kafka_status ;;
    start-broker) kafka_start_broker "$@" ;;
    stop-broker) kafka_end_broker 30 "$@" ;;
    kill-broker) kafka_end_broker 0 "$@" ;;
    tool) kafka_tool "$@" ;;
    *) kafka_usage ;;
  esac
}

kafka_usage() {
  usage >&2
  exit 2
}

# -- commands ------------------------------------------------------------------------------------

kafka_up() {
  local wanted='' secure=0
  while (($#)); do
    case $1 in
      --brokers) wanted=${2:-none} && shift 2 || kafka_usage ;;
      --brokers=*) wanted=${1#*=} && wanted=${wanted:-none} && shift ;;
      --secure) secure=1 && shift ;;
      *) kafka_usage ;;
    esac
    [[ ${wanted:-1} == [1-9] ]] || kafka_usage
  done
  ((!secure)) || require "${packages_kafka_secure[@]}"
  kafka_fetch
  kafka_secure=$secure
  [[ -d $kafka_dir ]] || kafka_made=1
  kafka_lock 1
  kafka_own
  local ids id stopped=()
  if [[ -f $kafka_dir/bootstrap ]]; then
    mapfile -t ids < <(kafka_ids)
    [[ -z $wanted || $wanted == "${#ids[@]}" ]] \
      || fail "brokers in $kafka_dir: ${#ids[@]}, not $wanted; './dev kafka down' removes them"
    ((!kafka_secure)) || [[ -f $kafka_dir/bootstrap.secure ]] \
      || fail "without --secure: what is in $kafka_dir; './dev kafka down' removes it"
    for id in "${ids[@]}"; do
      kafka_pid "$id" >/dev/null || stopped+=("$id")
    done
    ((${#stopped[@]} == 0)) || kafka_start "${stopped[@]}" || kafka_fail_start "${stopped[@]}"
  else
    kafka_up_fresh "${wanted:-1}"
  fi
  kafka_started=() kafka_made=0 kafka_fresh=0
  cat "$kafka_dir/bootstrap"
}

kafka_up_fresh() {
  local ids attempt
  kafka_fresh=1
  mapfile -t ids < <(seq "$1")
  for attempt in {1..5}; do
    # What an earlier attempt, or an `up` that was killed, has left behind.
    kafka_remove
    kafka_create "${#ids[@]}"
    if kafka_start "${ids[@]}"; then
      ((!kafka_secure)) || kafka_addresses "${kafka_secure_ports[@]}" >"$kafka_dir/bootstrap.secure"
      kafka_addresses "${kafka_ports[@]}" >"$kafka_dir/bootstrap"
      return
    fi
    kafka_port_taken "${ids[@]}" || break
    say "a port was taken between choosing and using it, attempt $attempt"
  done
  kafka_fail_start "${ids[@]}"
}

kafka_addresses() (IFS=, && echo "${*/#/127.0.0.1:}")

kafka_down() {
  local keep=0 ids
  case ${1:-} in
    --keep) keep=1 ;;
    ?*) kafka_usage ;;
  esac
  [[ -d $kafka_dir ]] || return 0
  kafka_lock 1
  kafka_own
  mapfile -t ids < <(kafka_ids)
  # The last two of several would wait 5 s for a quorum: not for data that goes anyway.
  if ((keep || ${#ids[@]} == 1)); then
    kafka_end 10 "${ids[@]}" || true
  fi
  ((keep)) || kafka_remove
}

kafka_status() {
  local id pid up=0
  if [[ -f $kafka_dir/bootstrap ]]; then
    up=1
    printf 'bootstrap %s\nfolder    %s\n' "$(<"$kafka_dir/bootstrap")" "$kafka_dir"
    [[ ! -f $kafka_dir/bootstrap.secure ]] \
      || printf 'secure    %s\n' "$(<"$kafka_dir/bootstrap.secure")"
    while read -r id; do
      if pid=$(kafka_pid "$id"); then
        printf 'broker %s  pid %s\n' "$id" "$pid"
      else
        printf 'broker %s  stopped\n' "$id"
        up=0
      fi
    done < <(kafka_ids)
  else
    say "no cluster in $kafka_dir"
  fi
  ((up))
}

kafka_start_broker() {
  local id
  kafka_fetch
  kafka_lock
  kafka_known "$@"
  for id in "$@"; do
    ! kafka_pid "$id" >/dev/null || fail "broker $id is running"
  done
  kafka_start "$@" || kafka_fail_start "$@"
  kafka_started=()
}

kafka_end_broker() {
  local seconds=$1
  shift
  kafka_lock
  kafka_known "$@"
  kafka_end "$seconds" "$@"
}

kafka_tool() {
  (($#)) || kafka_usage
  kafka_fetch
  exec "$kafka_java" -Xmx256m -XX:TieredStopAtLevel=1 -XX:-UsePerfData \
    -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -cp "$kafka_jars/*" "$@"
}

# -- jars ----------------------------------------------------------------------------------------

# Sets kafka_java, kafka_jars and kafka_classes, after getting what is missing.
kafka_fetch() {
  require "${packages_kafka[@]}"
  kafka_java=$(kafka_find_java) || fail 'missing: Java 17'
  kafka_jars=$kafka_cache/kafka-$kafka_version
  # Java ignores one of another build of itself, and would go on doing so.
  kafka_classes=$kafka_jars/classes-$(stat -Lc %Y "$kafka_java").jsa
  if kafka_complete && [[ -e $kafka_classes ]]; then return; fi
  mkdir -p "$kafka_cache"
  local lock
  exec {lock}<"$kafka_cache"
  flock "$lock"
  kafka_guard
  kafka_complete || kafka_download
  [[ -e $kafka_classes ]] || kafka_archive
  exec {lock}<&-
}

kafka_find_java() {
  local java
  # What `require` installed comes first: JAVA_HOME is often set for something older.
  for java in /usr/lib/jvm/java-17-openjdk-*/bin/java "${JAVA_HOME:-}/bin/java"; do
    if [[ -x $java ]]; then
      echo "$java"
      return
    fi
  done
  command -v java
}

kafka_complete() {
  [[ -f $kafka_jars/manifest ]] && kafka_manifest "$kafka_jars" | cmp -s - "$kafka_jars/manifest"
}

# What was asked for and what came of it.
kafka_manifest() {
  cat "$kafka_pom"
  find "$1" -name '*.jar' -printf '%f %s\n' | LC_ALL=C sort
}

kafka_download() {
  say "fetching the jars of Kafka $kafka_version, about 45 MB"
  command -v mvn >/dev/null || fail 'missing: Maven'
  kafka_stage
  # Strict about checksums, and no waiting half an hour for a server that has gone silent.
  mvn -B -q -C -Dmaven.wagon.rto=60000 \
    -f "$kafka_pom" -Dkafka.version="$kafka_version" \
    org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
    -DincludeScope=runtime -DoutputDirectory="$kafka_staging" >&2

  # Formatting takes as long as half a start, and all that differs from one broker to the next are
  # ids: so it is done once, here.
  kafka_ports=(1) kafka_quorum_ports=(2)
  kafka_properties 1 "$kafka_staging/format" >"$kafka_staging/format.properties"
  "$kafka_java" -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -cp "$kafka_staging/*" \
    kafka.tools.StorageTool format -t "$(kafka_uuid)" -c "$kafka_staging/format.properties" \
    >/dev/null
  mv "$kafka_staging/format/bootstrap.checkpoint" "$kafka_staging"
  rm -r "$kafka_staging/format" "$kafka_staging/format.properties"

  kafka_manifest "$kafka_staging" >"$kafka_staging/manifest"
  chmod 755 "$kafka_staging"
  rm -rf "$kafka_jars"
  mv -T "$kafka_staging" "$kafka_jars"
  kafka_staging=''
}

# Only who has the lock does that: folders that are there belong to somebody who was killed.
kafka_stage() {
  local kafka_dir
  for kafka_dir in "$kafka_jars".*; do
    [[ -d $kafka_dir ]] || continue
    kafka_end 0 1
    rm -rf "$kafka_dir"
  done
  kafka_staging=$(mktemp -d "$kafka_jars.XXXXXX")
}

# Half of the CPU time of a start is loading classes, unless there is an archive of them. Java
# writes it when a broker ends: one that is started for that alone. All works without it too.
kafka_archive() {
  say 'making the next starts faster'
  kafka_stage
  local kafka_dir=$kafka_staging archive=$kafka_staging/archive
  kafka_create 1
  kafka_spawn 1 -XX:ArchiveClassesAtExit="$archive" -Xlog:cds=off -Xlog:cds+dynamic=off
  if kafka_await 1; then
    # One that has to be killed may have written half of it. An empty one: it has been tried.
    kafka_end 60 1 && [[ -s $archive ]] || : >"$archive"
    mv "$archive" "$kafka_classes"
  else
    say 'the broker started for it did not serve'
    kafka_end 0 1
  fi
  rm -r "$kafka_staging"
  kafka_staging=''
}

# -- a cluster's folder --------------------------------------------------------------------------

# Waits for whoever else works on the folder, which is made if $1 is 1. Brokers do not inherit
# the lock.
kafka_lock() {
  while :; do
    if ((${1:-0})); then
      mkdir -p "$kafka_dir"
    elif [[ ! -d $kafka_dir ]]; then
      fail "no cluster in $kafka_dir"
    fi
    if { exec {kafka_lock_fd}<"$kafka_dir"; } 2>/dev/null; then
      flock -w 300 "$kafka_lock_fd" || fail "somebody else has had $kafka_dir for 300 s"
      # A `down` may have removed the folder meanwhile, and an `up` made a new one.
      if [[ $kafka_dir -ef /proc/self/fd/$kafka_lock_fd ]]; then return; fi
      exec {kafka_lock_fd}<&-
    fi
  done
}

# Folders are removed by this script: only those it made, or that were empty.
kafka_own() {
  [[ -f $kafka_dir/cluster.id || -z $(ls -A "$kafka_dir") ]] \
    || fail "neither empty nor a cluster's folder: $kafka_dir"
}

kafka_ids() {
  find "$kafka_dir" -maxdepth 1 -name 'broker-[1-9]' -printf '%f\n' | cut -d- -f2 | sort
}

kafka_known() {
  local id
  (($#)) || kafka_usage
  for id in "$@"; do
    [[ $id == [1-9] && -d $kafka_dir/broker-$id ]] || fail "no broker '$id' in $kafka_dir"
  done
}

kafka_remove() {
  local ids
  mapfile -t ids < <(kafka_ids)
  kafka_end 0 "${ids[@]}"
  rm -rf "$kafka_dir"/{broker-[1-9],bootstrap,bootstrap.secure,ca.{key,pem},server.pem,certificate,openssl.log,password,cluster.id}
  ((kafka_fresh)) || rmdir --ignore-fail-on-non-empty "$kafka_dir"
}

# A folder for a cluster of so many brokers, with other ports each time.
kafka_create() {
  local count=$1 ports id folder
  mapfile -t ports < <(kafka_free_ports $(((2 + kafka_secure) * count)))
  kafka_ports=("${ports[@]:0:count}") kafka_quorum_ports=("${ports[@]:count:count}")
  kafka_secure_ports=("${ports[@]:2*count}")
  kafka_uuid >"$kafka_dir/cluster.id"
  ((!kafka_secure)) || kafka_secrets
  for ((id = 1; id <= count; id++)); do
    folder=$kafka_dir/broker-$id
    mkdir -p "$folder/data" "$folder/tmp"
    kafka_properties "$id" "$folder/data" >"$folder/server.properties"
    if ((kafka_secure)); then
      chmod 600 "$folder/server.properties"
      kafka_secure_properties "$id" >>"$folder/server.properties"
    fi
    cp "$kafka_jars/bootstrap.checkpoint" "$folder/data"
    cat >"$folder/data/meta.properties" <<END
version=1
cluster.id=$(<"$kafka_dir/cluster.id")
node.id=$id
directory.id=$(kafka_uuid)
END
  done
}

# The settings of broker $1 with its data in $2.
kafka_properties() {
  local id=$1 data=$2 count=${#kafka_ports[@]} voters='' i
  for ((i = 1; i <= count; i++)); do
    voters+=${voters:+,}$i@127.0.0.1:${kafka_quorum_ports[i - 1]}
  done
  local listeners=PLAINTEXT://127.0.0.1:${kafka_ports[id - 1]}
  listeners+=,CONTROLLER://127.0.0.1:${kafka_quorum_ports[id - 1]}
  ((!kafka_secure)) || listeners+=,SASL_SSL://127.0.0.1:${kafka_secure_ports[id - 1]}
  local replicas=$((count < 3 ? count : 3))
  local in_sync=$((count < 3 ? 1 : 2))
  cat <<END
process.roles=broker,controller
node.id=$id
listeners=$listeners
controller.listener.names=CONTROLLER
controller.quorum.voters=$voters
log.dirs=$data

auto.create.topics.enable=false
default.replication.factor=$replicas
min.insync.replicas=$in_sync
offsets.topic.num.partitions=3
offsets.topic.replication.factor=$replicas
transaction.state.log.num.partitions=3
transaction.state.log.replication.factor=$replicas
transaction.state.log.min.isr=$in_sync
share.coordinator.state.topic.num.partitions=3
share.coordinator.state.topic.replication.factor=$replicas
share.coordinator.state.topic.min.isr=$in_sync
group.initial.rebalance.delay.ms=0

# Sooner than by default (1 s, 2 s, 9 s): a start waits for the first two, a test that kills a
# broker for the third.
controller.quorum.election.timeout.ms=500
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=6000

# Small: few threads, and not a third of the heap for compaction.
background.threads=2
group.coordinator.threads=1
log.cleaner.dedupe.buffer.size=2097152
num.io.threads=4
num.network.threads=2
END
}

# What the secure listener of broker $1 needs besides.
kafka_secure_properties() {
  local password
  password=$(<"$kafka_dir/password")
  cat <<END

listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL
ssl.keystore.type=PEM
ssl.keystore.location=$kafka_dir/server.pem
sasl.enabled.mechanisms=PLAIN
listener.name.sasl_ssl.plain.sasl.jaas.config=\
  org.apache.kafka.common.security.plain.PlainLoginModule required \
  user_cerk="$password" user_stranger="$password";

authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
# The brokers themselves are ANONYMOUS, too.
super.users=User:ANONYMOUS;User:cerk
END
}

# A password, and a certificate with who signed it; nobody keeps the signer's key.
kafka_secrets() (
  umask 077
  cd "$kafka_dir"
  # No file of settings: what the machine's says would come on top.
  new=(openssl req -x509 -config /dev/null -days 3650
    -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)
  {
    "${new[@]}" -subj /CN=cerk-ca -addext basicConstraints=critical,CA:TRUE \
      -keyout ca.key -out ca.pem
    "${new[@]}" -CA ca.pem -CAkey ca.key -subj /CN=cerk-broker \
      -addext subjectAltName=IP:127.0.0.1,DNS:localhost -keyout server.pem -out certificate
  } 2>openssl.log || fail "openssl: $(<openssl.log)"
  cat certificate ca.pem >>server.pem
  rm ca.key certificate openssl.log
  chmod 644 ca.pem
  kafka_uuid >password
)

# As Kafka writes them; a leading dash would look like an option.
kafka_uuid() {
  local uuid=-
  while [[ $uuid == -* ]]; do
    uuid=$(head -c 16 /dev/urandom | base64 | tr '+/' '-_')
  done
  echo "${uuid%%=*}"
}

# Below the range that outgoing connections get theirs from: a stopped broker finds its port again.
kafka_free_ports() {
  local count=$1 port used chosen=()
  used=$(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null)
  while ((${#chosen[@]} < count)); do
    port=$((15000 + SRANDOM % 17000))
    [[ $used != *":$(printf '%04X' "$port") "* && " ${chosen[*]} " != *" $port "* ]] || continue
    chosen+=("$port")
  done
  printf '%s\n' "${chosen[@]}"
}

# -- brokers -------------------------------------------------------------------------------------

# The broker's pid if it runs: the recorded one, if that process was started on this folder.
kafka_pid() {
  local folder=$kafka_dir/broker-$1 pid argv
  { read -r pid <"$folder/pid" && mapfile -d '' -t argv <"/proc/$pid/cmdline"; } 2>/dev/null \
    && ((${#argv[@]})) && [[ ${argv[-1]} == "$folder/server.properties" ]] && echo "$pid"
}

# Starts the brokers and returns when all of them serve; else 1, and some of them may be running.
kafka_start() {
  local id
  kafka_started=("$@")
  for id in "$@"; do
    kafka_spawn "$id"
  done
  kafka_await "$@"
}

kafka_await() {
  local id
  local deadline=$((SECONDS + kafka_seconds))
  until kafka_serving "$@"; do
    ((SECONDS < deadline)) || return 1
    for id in "$@"; do
      kafka_pid "$id" >/dev/null || return 1
    done
    sleep 0.1
  done
}

# Starts broker $1, with further options for its JVM if there are any.
kafka_spawn() {
  local id=$1 folder=$kafka_dir/broker-$1
  shift
  local options=(
    -Xmx384m -XX:+UseSerialGC -XX:+ExitOnOutOfMemoryError -XX:-UsePerfData
    -Djava.awt.headless=true -Djava.io.tmpdir="$folder/tmp"
    -Dorg.slf4j.simpleLogger.showDateTime=true
    -Dorg.slf4j.simpleLogger.dateTimeFormat='yyyy-MM-dd HH:mm:ss.SSS'
    # Some 400 lines of settings.
    -Dorg.slf4j.simpleLogger.log.org.apache.kafka.common.config=warn
    "$@"
  )
  if [[ -s $kafka_classes ]]; then options+=(-XX:SharedArchiveFile="$kafka_classes"); fi
  [[ ! -f $folder/server.log ]] || mv "$folder/server.log" "$folder/server.log.old"
  (
    # Whoever reads our output waits until everybody has closed it, likewise for the lock.
    for fd in /proc/self/fd/*; do
      fd=${fd##*/}
      ((fd <= 2)) || eval "exec $fd>&-"
    done
    cd "$folder"
    # Of its own session: Ctrl-C is not meant for it.
    MALLOC_ARENA_MAX=2 exec setsid "$kafka_java" "${options[@]}" -cp "$kafka_jars/*" \
      kafka.Kafka "$folder/server.properties" </dev/null >server.log 2>&1
  ) &
  echo $! >"$folder/pid"
  # Until then it is not to be told from this script.
  while ! kafka_pid "$id" >/dev/null && kill -0 $! 2>/dev/null; do
    sleep 0.01
  done
  # From here on its end is looked for, not reported by the shell.
  disown $! 2>/dev/null || true
}

# Whether each of the brokers, asked at its own port, knows all of them.
kafka_serving() {
  local id other members
  for id in "$@"; do
    grep -qF 'Kafka Server started' "$kafka_dir/broker-$id/server.log" || return 1
  done
  for id in "$@"; do
    members=$(kafka_members "$id" 2>/dev/null) || return 1
    for other in "$@"; do
      [[ "$members " == "$(<"$kafka_dir/cluster.id")"*" $other "* ]] || return 1
    done
  done
}

# The cluster's id and the ids of its brokers, as broker $1 knows them. A request for metadata
# about no topic, by hand: Kafka's own tools take longer to start than the broker to answer.
kafka_members() (
  port=$(sed -n 's/^listeners=[^:]*:[^:]*:\([0-9]*\),.*/\1/p' \
    "$kafka_dir/broker-$1/server.properties")
  exec {broker}<>"/dev/tcp/127.0.0.1/$port" || exit
  receive() { timeout 5 head -c "$1" <&"$broker" | od -An -v -tu1; }
  # Big-endian, and none of them needs more than 16 bits.
  number() { echo $((bytes[$1] * 256 + bytes[$1 + 1])); }

  # Size, kind 3, version 2, correlation id, no client id, no topics.
  printf '\0\0\0\16\0\3\0\2\0\0\0\1\377\377\0\0\0\0' >&"$broker"
  read -r -d '' -a bytes < <(receive 4) || true
  ((${#bytes[@]} == 4)) || exit
  read -r -d '' -a bytes < <(receive "$(number 2)") || true

  # Correlation id, then for each broker its id, host, port and rack, then the cluster's id.
  members='' at=8
  for ((left = $(number 6); left > 0; left--)); do
    members+=" $(number $((at + 2)))"
    at=$((at + 4))
    at=$((at + 2 + $(number "$at") + 4))
    rack=$(number "$at")
    at=$((at + 2 + (rack == 65535 ? 0 : rack)))
  done
  cluster=''
  for byte in "${bytes[@]:at + 2:$(number "$at")}"; do
    cluster+="\\x$(printf '%x' "$byte")"
  done
  printf '%b%s\n' "$cluster" "$members"
)

kafka_port_taken() {
  local id
  for id in "$@"; do
    if grep -qF 'Address already in use' "$kafka_dir/broker-$id/server.log"; then return; fi
  done
  return 1
}

kafka_fail_start() {
  local id what='did not serve in time'
  for id in "$@"; do
    if ! kafka_pid "$id" >/dev/null; then
      what='died'
      break
    fi
  done
  tail -n 30 "$kafka_dir/broker-$id/server.log" >&2
  fail "broker $id $what; above are the last lines of its log"
}

# Ends those of the brokers that run. Those that take longer than $1 seconds are killed; then 1.
kafka_end() {
  local seconds=$1 signal=TERM status=0 id
  shift
  local left=("$@") running
  ((seconds)) || signal=KILL
  kafka_signal "$signal" "${left[@]}"
  local deadline=$((SECONDS + seconds))
  while :; do
    running=()
    for id in "${left[@]}"; do
      ! kafka_pid "$id" >/dev/null || running+=("$id")
    done
    left=("${running[@]}")
    ((${#left[@]})) || return "$status"
    if [[ $signal == TERM ]] && ((SECONDS >= deadline)); then
      say "killing what does not stop: broker ${left[*]}"
      signal=KILL status=1
      kafka_signal KILL "${left[@]}"
    fi
    sleep 0.05
  done
}

kafka_signal() {
  local signal=$1 id pid
  shift
  for id in "$@"; do
    if pid=$(kafka_pid "$id"); then kill -s "$signal" "$pid" 2>/dev/null || true; fi
  done
}

# -- tidying up ----------------------------------------------------------------------------------

# Whatever ends an unfinished command, Ctrl-C included, takes with it what the command has begun.
kafka_guard() {
  trap kafka_cleanup EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
}

kafka_cleanup() {
  trap '' HUP INT TERM
  set +e
  # One that was just being started; the others are known by their folders.
  kill -s KILL $(jobs -p) 2>/dev/null
  if [[ -n $kafka_staging ]]; then
    (kafka_dir=$kafka_staging && kafka_end 0 1)
    rm -rf "$kafka_staging"
  fi
  kafka_end 0 "${kafka_started[@]}"
  if ((kafka_fresh)); then
    kafka_fresh=0
    kafka_remove
  elif ((kafka_made)); then
    rmdir --ignore-fail-on-non-empty "$kafka_dir"
  fi
}
