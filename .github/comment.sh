#!/bin/sh
# Adds or updates the one comment on a pull request, from the parts that other jobs wrote: comment.sh PULL_REQUEST PART.MD…
set -eu
pull_request=$1
shift
for part in "$@"; do
  if [ -s "$part" ]; then
    head -c 60000 "$part" # a comment takes 65,536 characters
    echo
  fi
done | head -c 65000 > comment.md
if [ ! -s comment.md ]; then
  echo "there is nothing to say"
  exit 0
fi
gh pr comment "$pull_request" --body-file comment.md --edit-last --create-if-none
