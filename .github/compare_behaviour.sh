#!/bin/sh
# What the scenarios of a pull request do differently from its base branch, as Markdown: compare_behaviour.sh BRANCH FILE.MD
# The record of the branch is the artifact `summary` of its newest run; `gh` needs GH_TOKEN with `actions: read`.
set -eu
branch=$1 page=$2
if [ ! -f .sim/latest/summary.json ]; then
  echo "no scenario ran, so there is nothing to compare"
  exit 0
fi
run=$(gh run list --workflow ci-cd --branch "$branch" --event push --status success --limit 1 --json databaseId --jq '.[0].databaseId // empty')
if [ -z "$run" ] || ! gh run download "$run" --name summary --dir base; then
  echo "there is no record of $branch yet: the next run of the branch leaves one"
  exit 0
fi
code=0
tox -q run -e sim -- diff base/summary.json --format markdown --output "$page" || code=$?
if [ ! -s "$page" ]; then
  echo "the comparison with $branch failed" >&2
  exit "$code"
fi
cat "$page" >> "$GITHUB_STEP_SUMMARY" # a difference is shown and fails nothing: the reviewer judges it
