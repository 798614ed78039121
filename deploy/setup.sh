#!/usr/bin/env bash
# Makes everything that `make demo` and `make test` need, on a fresh machine: deploy/setup.sh demo|test
# A second run with unchanged dependencies takes a fraction of a second.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
  printf 'assay: %s\n' "$1" >&2
  exit 1
}

is_recent() {
  "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
  local candidate
  for candidate in "${PYTHON:-python3}" python3 python3.11 python3.12 python3.13 python3.14; do
    if is_recent "$candidate"; then
      command -v "$candidate"
      return
    fi
  done
  fail "Python 3.11 or newer is needed (Debian, Ubuntu: apt-get install python3.11 python3.11-venv), or name one: PYTHON=/path/to/python make demo."
}

make_environment() {
  local python
  if [ -x .venv/bin/python ] && is_recent .venv/bin/python; then
    return
  fi
  python=$(find_python)
  "$python" -c 'import ensurepip, venv' 2>/dev/null ||
    fail "Python cannot make virtual environments here: run apt-get install python3-venv (as root), then the same command again."
  echo "Making a virtual environment in .venv with $python"
  "$python" -m venv --clear .venv
}

# uv does not read pip's settings; what matters of them is handed over.
install_with_uv() {
  [ -x .venv/bin/uv ] || .venv/bin/python -m pip install --quiet --constraint deploy/constraints.txt uv || return 1
  export UV_FIND_LINKS="${UV_FIND_LINKS:-${PIP_FIND_LINKS:-}}"
  [ -z "${PIP_INDEX_URL:-}" ] || export UV_DEFAULT_INDEX="${UV_DEFAULT_INDEX:-$PIP_INDEX_URL}"
  [ -z "${PIP_EXTRA_INDEX_URL:-}" ] || export UV_INDEX="${UV_INDEX:-$PIP_EXTRA_INDEX_URL}" UV_INDEX_STRATEGY=unsafe-best-match
  [ -z "${PIP_CERT:-}" ] || export SSL_CERT_FILE="${SSL_CERT_FILE:-$PIP_CERT}"
  .venv/bin/uv pip install --quiet --python .venv/bin/python --constraint deploy/constraints.txt --editable "$1"
}

install_with_pip() {
  .venv/bin/python -m pip install --quiet --constraint deploy/constraints.txt --editable "$1"
}

# The stamp names what was installed: other dependencies, another Python or another place of this folder make it stale.
state_of_dependencies() {
  { cat pyproject.toml deploy/constraints.txt; .venv/bin/python -V; pwd; } | .venv/bin/python -c \
    'import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())'
}

install_dependencies() {
  local extras=$1 stamp=$2 state
  state=$(state_of_dependencies)
  for known in "$stamp" .venv/assay-test.stamp; do
    if [ -f "$known" ] && [ "$(cat "$known")" = "$state" ]; then
      return
    fi
  done
  echo "Installing the dependencies (some minutes on a slow line)"
  install_with_uv ".[$extras]" || {
    echo "uv could not do it; trying again with pip"
    install_with_pip ".[$extras]" || fail "The dependencies could not be installed; the lines above say why."
  }
  printf '%s\n' "$state" >"$stamp"
}

find_chromium() {
  local candidate
  for candidate in "${CHROME:-}" chromium chromium-browser google-chrome google-chrome-stable; do
    if [ -n "$candidate" ] && command -v "$candidate" >/dev/null; then
      return 0
    fi
  done
  return 1
}

need_chromium() {
  find_chromium && return
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing Chromium for the browser tests"
    if apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; then
      return
    fi
  fi
  fail "The browser tests need Chromium: run apt-get install chromium (as root), or set CHROME=/path/to/chrome."
}

find_nginx() {
  command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || [ -x .venv/nginx/usr/sbin/nginx ]
}

# Unpacked, not installed: the package would start a web server on port 80 of this machine.
unpack_nginx() {
  local folder
  folder=$(mktemp -d)
  chmod 755 "$folder"
  (cd "$folder" && apt-get download -qq nginx >/dev/null 2>&1) && dpkg -x "$folder"/nginx_*.deb .venv/nginx
  rm -rf "$folder"
}

need_nginx() {
  find_nginx && return
  if command -v apt-get >/dev/null && command -v dpkg >/dev/null; then
    [ "$(id -u)" != 0 ] || apt-get update -qq || true
    unpack_nginx || true
  fi
  find_nginx || fail "The production-like test needs nginx: run apt-get install nginx-light (as root), then the same command again."
}

case "${1:-}" in
demo)
  make_environment
  install_dependencies explain .venv/assay-demo.stamp
  ;;
test)
  make_environment
  install_dependencies explain,test,dev .venv/assay-test.stamp
  need_chromium
  need_nginx
  ;;
*)
  fail "say deploy/setup.sh demo or deploy/setup.sh test."
  ;;
esac
