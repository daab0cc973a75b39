#!/bin/sh
# Shows a plan in the run's summary, and writes it as Markdown for a comment: show_plan.sh PLAN.TXT PLAN.MD
{
  echo "### Terraform plan: \`$TOPOLOGY\` at \`$IMAGE_TAG\`"
  echo
  grep -E '^(Plan:|No changes)' "$1" || true
  echo
  echo '<details><summary>The whole plan</summary>'
  echo
  echo '```'
  head -c 60000 "$1" # a comment takes 65,536 characters
  echo
  echo '```'
  echo '</details>'
} > "$2"
cat "$2" >> "$GITHUB_STEP_SUMMARY"
