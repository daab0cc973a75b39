#!/bin/sh
# Plans, applies and removes one topology on AWS, and rolls versions forward and back: `./deploy.sh --help`.
#
# The code is terraform/deploy. It uses Python's standard library alone, so this script only has to find a Python.
cd "$(dirname "$0")" || exit 1
unset PYTHONSAFEPATH # it would hide terraform/deploy from Python
for name in python3 python3.14 python3.13 python3.12 python3.11 python; do
  # The interpreter's own path: a wrapper on the PATH, such as pyenv's, would put other tools first on the PATH.
  if python=$("$name" -c 'import sys; print(sys.executable); sys.exit(sys.version_info < (3, 11))' 2>/dev/null); then
    exec "$python" -m terraform.deploy "$@"
  fi
done
echo "deploy: there is no Python 3.11 or newer on the PATH; docs/how-to/deploy.md lists the required tools" >&2
exit 1
