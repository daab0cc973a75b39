#!/usr/bin/env bash
# Plans, applies and removes one topology on AWS, and takes new versions forward and back. `./deploy.sh --help` teaches.
#
# Everything it knows it takes from Terraform's outputs. It prints no secret: it never handles one, but for passing
# the environment on to Terraform.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

readonly LOCK_TIMEOUT_SECONDS=${LOCK_TIMEOUT_SECONDS:-60}
readonly ROLLOUT_SECONDS=${ROLLOUT_SECONDS:-1800}
readonly SMOKE_SECONDS=${SMOKE_SECONDS:-300}
readonly LOOK_EVERY_SECONDS=${LOOK_EVERY_SECONDS:-10}
readonly EXIT_BAD_INPUT=2 EXIT_INTERRUPTED=130

topologies() {
  local file
  for file in terraform/topologies/*.tfvars; do
    file=${file##*/} && printf '%s ' "${file%.tfvars}"
  done
}

usage() {
  cat <<HELP
usage: ./deploy.sh TOPOLOGY COMMAND [options] [-- arguments for terraform plan]

TOPOLOGY is one of: $(topologies)
Each is a file in terraform/topologies, and has a state of its own.

commands:
  plan       say what would change; changes nothing
  apply      plan, ask, make it so; with --plan FILE exactly what that plan says. Then, where there is blue/green
             (ecs), take the new version live and wait for the end of it
  migrate    bring the database to the newest revision, by the relay function, which is inside its network
  rollout    ecs: let CodeDeploy take the newest task definition live, and wait for the end of it
  smoke      one recording all the way through what is deployed, and removed again; RAWK_API_KEY is the key to use
  rollback   back to the images of an earlier commit (--to TAG, else the ones pushed before those that run).
             The database stays as it is: migrations only ever add
  outputs    what was made, as JSON; nothing secret is among it
  unlock ID  remove the lock of a run that died
  destroy    remove everything; asks for the name

options:
  --yes           do not ask
  --out FILE      plan: keep the plan in FILE
  --plan FILE     apply: apply this plan. Terraform refuses it when the state has changed since
  --no-lock       plan: do not lock the state, for whoever may only read it
  --no-rollout    apply: leave the rollout to a later step
  --to TAG        rollback: the commit to go back to

environment:
  AWS_PROFILE, AWS_REGION, …   as for the AWS CLI; the region is us-east-1 while nothing else is said
  IMAGE_TAG                    the commit whose images are to run; what runs now, while it is not set
  TF_VAR_…                     any variable of terraform/variables.tf; also image URIs or package paths, instead of IMAGE_TAG
  TF_VAR_openai_api_key, TF_VAR_api_keys_json    the secrets, when they are written: at the first apply, and whenever
                               the topology's secrets_version is raised. Not needed otherwise
  STATE_BUCKET                 default: terraform-state-NAME-ACCOUNT, which terraform/bootstrap makes
  LOCK_TIMEOUT_SECONDS         how long to wait for another run ($LOCK_TIMEOUT_SECONDS)
  ROLLOUT_SECONDS              how long a rollout may take ($ROLLOUT_SECONDS)
  SMOKE_SECONDS                how long the smoke scenario may take ($SMOKE_SECONDS)

examples:
  IMAGE_TAG=\$(git rev-parse HEAD) ./deploy.sh ecs plan
  IMAGE_TAG=\$(git rev-parse HEAD) ./deploy.sh ecs apply --no-rollout && ./deploy.sh ecs migrate && ./deploy.sh ecs rollout
  ./deploy.sh ecs plan -- -var log_retention_days=90
  ./deploy.sh ecs rollback --to 3f2a9c1

Exit code: 0 done, 1 failed, 2 a mistake in the command line, 130 interrupted. From an empty account on: docs/how-to/deploy.md
HELP
}

say() { printf 'deploy: %s\n' "$*" >&2; }

fail() { # SENTENCE…: what happened, then what to do, a line each
  printf 'deploy: %s\n' "$@" >&2
  exit 1
}

misused() {
  printf 'deploy: %s\n' "$1" "./deploy.sh --help says how it is used" >&2
  exit $EXIT_BAD_INPUT
}

# --- Running Terraform -------------------------------------------------------------------------------

child='' interrupted=''

# Terraform gets one SIGINT, from here: it then ends its providers and writes the state. A second one would make it
# drop both. So it runs in a process group of its own, which Ctrl-C does not reach.
interrupt() {
  if [ -z "$interrupted" ]; then
    interrupted=yes
    if [ -n "$child" ]; then
      say "interrupted: Terraform ends what it is at and writes the state down, wait for it"
      kill -INT "$child" 2>/dev/null || true
    fi
  elif [ -n "$child" ]; then
    say "still waiting for Terraform to write the state down: killed now, it would leave a lock and forget what it made"
  fi
}
trap interrupt INT TERM

# In the background and waited for, because bash lets no trap run before a child in the foreground is over.
run_terraform() {
  local code=0
  if [ -n "$interrupted" ]; then return $EXIT_INTERRUPTED; fi
  set -m
  terraform -chdir=terraform "$@" </dev/null &
  child=$!
  set +m
  while :; do
    code=0
    wait "$child" || code=$?
    kill -0 "$child" 2>/dev/null || break
  done
  child=''
  return $code
}

# Like it, and says what to do about what goes wrong most often.
terraform_or_explain() {
  local code=0 errors
  errors=$(mktemp "$work/errors.XXXXXX")
  run_terraform "$@" 2>"$errors" || code=$?
  cat "$errors" >&2
  if [ "$code" -eq 0 ]; then return 0; fi
  if [ -n "$interrupted" ]; then
    say "interrupted. What was done is done and in the state; run it again to go on, or \`plan\` to see what is left"
    exit $EXIT_INTERRUPTED
  fi
  explain "$errors"
  exit 1
}

explain() { # FILE: what Terraform said
  if grep -q 'Error acquiring the state lock' "$1"; then
    say "somebody else is at it: the lock above says who, and since when. Nothing was changed."
    say "Wait for them, or try again with LOCK_TIMEOUT_SECONDS=600."
    say "Only if that run is dead for sure: ./deploy.sh $topology unlock $(sed -n 's/^[^A-Za-z]*ID: *\([0-9a-f-]\{36\}\).*/\1/p' "$1" | head -n 1)"
  elif grep -q 'Error releasing the state lock' "$1"; then
    say "the work is done, but its lock stayed: ./deploy.sh $topology unlock ID with the ID above"
  elif grep -q 'Saved plan is stale' "$1"; then
    say "things have changed since this plan was made and approved. Nothing was changed; plan anew, and let that be approved."
  elif grep -q 'errored.tfstate' "$1"; then
    say "the state could not be written to the bucket and is in terraform/errored.tfstate: keep that file, mend what is"
    say "wrong, then: terraform -chdir=terraform state push errored.tfstate"
  elif grep -qE 'S3 bucket ".*" does not exist|NoSuchBucket' "$1"; then
    say "there is no bucket $state_bucket for the state: apply terraform/bootstrap first, or name another by STATE_BUCKET"
  elif grep -qE 'ExpiredToken|token.*expired' "$1"; then
    say "the credentials ran out on the way. Get new ones and run it again; if a lock stayed, \`unlock\` removes it"
  fi
}

# --- Where and as whom -------------------------------------------------------------------------------

need() {
  local tool
  for tool in "$@"; do
    command -v "$tool" >/dev/null || fail "there is no $tool on the PATH; docs/how-to/deploy.md says what is needed"
  done
}

patient_aws() { # SECONDS …: how long to wait for an answer
  AWS_PAGER='' aws --cli-connect-timeout 10 --cli-read-timeout "$@"
}

quiet_aws() { patient_aws 60 "$@"; }

find_account() {
  local said
  if ! said=$(quiet_aws sts get-caller-identity --query Account --output text 2>&1); then
    fail "no AWS credentials that work: $(printf '%s' "$said" | tr '\n' ' ' | cut -c 1-200)" \
      "log in (aws sso login --profile NAME; export AWS_PROFILE=NAME) or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Nothing was changed."
  fi
  account=$said
}

# What a workflow passes on without having it is empty; to Terraform that would be a value.
drop_empty_variables() {
  local variable
  for variable in $(compgen -e TF_VAR_ || true); do
    [ -n "${!variable}" ] || unset "$variable"
  done
}

# The pipeline's name, from the topology's own file unless somebody says otherwise after `--`.
find_name() {
  local argument
  name=$(sed -n 's/^name *= *"\(.*\)".*/\1/p' "terraform/topologies/$topology.tfvars" | head -n 1)
  for argument in ${arguments[@]+"${arguments[@]}"}; do
    case $argument in
      -var=name=* | name=*) name=${argument##*name=} ;;
    esac
  done
  [ -n "$name" ] || fail "terraform/topologies/$topology.tfvars gives no name"
  has_api=$(sed -n 's/^topology *= *"\(.*\)".*/\1/p' "terraform/topologies/$topology.tfvars" | grep -v '^core$' || true)
}

enter() {
  need terraform aws python3
  find_name
  export AWS_REGION=${AWS_REGION:-${AWS_DEFAULT_REGION:-us-east-1}}
  export AWS_DEFAULT_REGION=$AWS_REGION TF_VAR_region=$AWS_REGION # the older AWS CLI knows the former only
  drop_empty_variables
  export TF_IN_AUTOMATION=1 TF_INPUT=0 CHECKPOINT_DISABLE=1
  export TF_DATA_DIR="$PWD/terraform/.terraform/$topology" # side by side: two topologies have two backends
  find_account
  state_bucket=${STATE_BUCKET:-terraform-state-$name-$account}
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  terraform_or_explain init -no-color -reconfigure \
    -backend-config="bucket=$state_bucket" -backend-config="key=$name/$topology.tfstate" -backend-config="region=$AWS_REGION" \
    -backend-config=use_lockfile=true -backend-config=encrypt=true >"$work/init" || { cat "$work/init" >&2 && exit 1; }
  say "$topology ($name) in account $account, $AWS_REGION; state in $state_bucket"
}

output() { # NAME: one of Terraform's outputs as JSON; nothing while nothing was applied
  terraform -chdir=terraform output -no-color -json "$1" 2>/dev/null || true
}

field() { # NAME: of a JSON object on standard input, as text
  python3 -c 'import json, sys; print((json.loads(sys.stdin.read().strip() or "{}") or {}).get(sys.argv[1]) or "")' "$1"
}

# Which images are to run: those of IMAGE_TAG; else what the caller gives Terraform; else what runs now.
choose_images() {
  local registry="$account.dkr.ecr.$AWS_REGION.amazonaws.com" images
  if [ -n "${IMAGE_TAG:-}" ]; then
    [[ $IMAGE_TAG =~ ^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$ ]] || misused "IMAGE_TAG is no tag: $IMAGE_TAG"
    export TF_VAR_worker_image_uri="$registry/$name/worker:$IMAGE_TAG"
    [ -z "$has_api" ] || export TF_VAR_api_image_uri="$registry/$name/api:$IMAGE_TAG"
  elif [ -z "${TF_VAR_worker_image_uri:-}${TF_VAR_worker_package_path:-}" ]; then
    images=$(output images)
    TF_VAR_worker_image_uri=$(field worker <<<"$images")
    TF_VAR_api_image_uri=$(field api <<<"$images")
    [ -n "$TF_VAR_worker_image_uri" ] || fail "nothing is deployed yet, so say which images: IMAGE_TAG=\$(git rev-parse HEAD), once they are pushed"
    export TF_VAR_worker_image_uri
    if [ -n "$TF_VAR_api_image_uri" ]; then export TF_VAR_api_image_uri; else unset TF_VAR_api_image_uri; fi
  fi
}

# Secrets are needed only when they are written, at the first apply and whenever secrets_version is raised; Terraform
# wants to see values at every plan. It writes none down, so that others do as well then, and are never written either.
stand_in_for_secrets() {
  stood_in=''
  if [ -z "${TF_VAR_openai_api_key:-}" ]; then
    stood_in=yes && export TF_VAR_openai_api_key=stands-in-for-the-key-that-is-not-written
  fi
  if [ -z "${TF_VAR_api_keys_json:-}" ]; then
    stood_in=yes && export TF_VAR_api_keys_json='{"stands-in-for-the-key-that-is-not-written": "nobody"}'
  fi
}

refuse_to_write_stand_ins() { # FILE: a plan
  if [ -n "$stood_in" ] && changes_of "$1" | grep -qE '^(create|update|delete,create).*aws_secretsmanager_secret_version\.(openai_api_key|api_keys)'; then
    fail "this writes the secrets, so it has to know them: set TF_VAR_openai_api_key and TF_VAR_api_keys_json (or fill them by hand: -- -var secrets_version=0). Nothing was changed."
  fi
}

confirm() { # QUESTION ANSWER
  local answer
  if [ -n "$yes" ]; then return 0; fi
  [ -t 0 ] || fail "nobody is there to ask: $1" "say --yes, or for an apply: --plan FILE, a plan that somebody has looked at. Nothing was changed."
  trap 'echo >&2; fail "not confirmed; nothing was changed"' INT TERM # else the prompt would go on waiting
  read -r -p "deploy: $1 " answer || answer=''
  trap interrupt INT TERM
  [ "$answer" = "$2" ] || fail "not confirmed; nothing was changed"
}

# --- Commands ----------------------------------------------------------------------------------------

make_plan() { # FILE [terraform arguments]
  local file=$1
  shift
  stand_in_for_secrets
  terraform_or_explain plan -no-color -lock-timeout="${LOCK_TIMEOUT_SECONDS}s" -var-file="topologies/$topology.tfvars" -out="$file" "$@" \
    ${arguments[@]+"${arguments[@]}"}
}

changes_of() { # FILE: one line for each thing that the plan changes: "delete,create aws_ecs_task_definition address"
  terraform -chdir=terraform show -json "$1" | python3 -c '
import json, sys
for change in json.load(sys.stdin).get("resource_changes", []):
    if change["change"]["actions"] not in (["no-op"], ["read"]):
        print(",".join(change["change"]["actions"]), change["type"], change["address"])'
}

apply_file() {
  refuse_to_write_stand_ins "$1"
  terraform_or_explain apply -no-color -lock-timeout="${LOCK_TIMEOUT_SECONDS}s" "$1"
}

plan() {
  local lock=true
  [ -z "$no_lock" ] || lock=false
  choose_images
  make_plan "$(absolute "${out:-$work/plan}")" -lock=$lock
}

apply() {
  if [ -n "$plan_file" ]; then
    plan_file=$(absolute "$plan_file")
    stand_in_for_secrets
  else
    choose_images
    plan_file=$work/plan
    make_plan "$plan_file"
    if [ -n "$(changes_of "$plan_file")" ]; then confirm "apply this? Type yes:" yes; fi
  fi
  apply_file "$plan_file"
  if [ -z "$no_rollout" ]; then rollout; fi
  url=$(output api | field url)
  [ -z "$url" ] || say "it answers at $url"
}

# By the relay: it has the database's secret and is in its network wherever that is; a laptop or a CI job is not.
migrate() {
  local function said
  function=$(output relay_function | python3 -c 'import json, sys; print(json.loads(sys.stdin.read().strip() or "null") or "")')
  [ -n "$function" ] || fail "nothing is deployed yet, so there is no function to migrate by: apply first"
  printf '{"migrate": "head"}' >"$work/question"
  if ! said=$(patient_aws 300 lambda invoke --function-name "$function" --payload "fileb://$work/question" \
    --query FunctionError --output text "$work/answer" 2>&1); then
    fail "the migration could not be started: $said"
  fi
  if [ "$said" != None ]; then
    fail "the migration failed and changed nothing: $(cut -c 1-500 "$work/answer")" "its log: aws logs tail /aws/lambda/$function --since 10m"
  fi
  say "the database is at revision $(field revision <"$work/answer")"
}

rollout() {
  local api kind
  api=$(output api)
  kind=$(field kind <<<"$api")
  if [ "$kind" != ecs ]; then
    say "nothing to roll out: with ${kind:-no API} the apply has done it"
    return 0
  fi
  local cluster service task_definition running
  cluster=$(field cluster <<<"$api") service=$(field service <<<"$api") task_definition=$(field task_definition_arn <<<"$api")
  running=$(quiet_aws ecs describe-services --cluster "$cluster" --services "$service" --output text \
    --query "services[0].taskSets[?status=='PRIMARY'].taskDefinition | [0]") || fail "AWS does not say what $service runs"
  if [ "$running" = "$task_definition" ]; then
    say "$service runs $task_definition already"
    return 0
  fi
  wait_for_deployment "$(start_deployment "$api")"
}

start_deployment() { # API as JSON: prints the deployment's id
  local revision
  revision=$(python3 -c '
import json, sys
api = json.load(sys.stdin)
container = {"ContainerName": api["container_name"], "ContainerPort": int(api["container_port"])}
properties = {"TaskDefinition": api["task_definition_arn"], "LoadBalancerInfo": container}
service = {"TargetService": {"Type": "AWS::ECS::Service", "Properties": properties}}
content = json.dumps({"version": "0.0", "Resources": [service]})
print(json.dumps({"revisionType": "AppSpecContent", "appSpecContent": {"content": content}}))' <<<"$1")
  quiet_aws deploy create-deployment --application-name "$(field codedeploy_application <<<"$1")" \
    --deployment-group-name "$(field codedeploy_group <<<"$1")" --revision "$revision" --query deploymentId --output text ||
    fail "CodeDeploy did not start; while another deployment is under way it takes none"
}

# By tox, which brings what the smoke scenario needs; the key is in the environment and stays there.
smoke() {
  local url
  need tox
  url=$(output api | field url)
  [ -n "$url" ] || fail "there is no API to try: with this topology nothing answers, or nothing was applied"
  tox -q run -e smoke -- --url "$url" --within-seconds "$SMOKE_SECONDS"
}

wait_for_deployment() { # ID
  local id=$1 status='' began=$SECONDS
  [ -n "$id" ] || exit 1
  say "CodeDeploy is at it: $id"
  while [ $((SECONDS - began)) -lt "$ROLLOUT_SECONDS" ]; do
    status=$(quiet_aws deploy get-deployment --deployment-id "$id" --query deploymentInfo.status --output text || true)
    case $status in
      Succeeded) say "the new version is live after $((SECONDS - began)) s" && return 0 ;;
      Failed | Stopped) fail "the rollout ended as $status, and traffic is where it was: $(deployment_trouble "$id")" ;;
    esac
    if [ -n "$interrupted" ]; then
      say "interrupted. The rollout goes on by itself; to stop it: aws deploy stop-deployment --auto-rollback-enabled --deployment-id $id"
      exit $EXIT_INTERRUPTED
    fi
    sleep "$LOOK_EVERY_SECONDS" || true
  done
  quiet_aws deploy stop-deployment --auto-rollback-enabled --deployment-id "$id" >/dev/null || true
  fail "the rollout was not over after $ROLLOUT_SECONDS s (last: ${status:-unknown}) and was told to roll back"
}

deployment_trouble() {
  quiet_aws deploy get-deployment --deployment-id "$1" --query deploymentInfo.errorInformation.message --output text || true
}

# The newest image that was pushed before the one that runs.
previous_tag() {
  quiet_aws ecr describe-images --repository-name "$name/worker" --output json | python3 -c '
import json, sys
tags = [tag for image in sorted(json.load(sys.stdin)["imageDetails"], key=lambda image: image["imagePushedAt"]) for tag in image.get("imageTags", [])]
running = sys.argv[1]
print(tags[tags.index(running) - 1] if running in tags[1:] else "")' "$1"
}

rollback() {
  local running gone
  running=$(output images | field worker)
  [ -n "$running" ] || fail "nothing is deployed from images, so there is nothing to go back from"
  IMAGE_TAG=${to:-$(previous_tag "${running##*:}")}
  [ -n "$IMAGE_TAG" ] || fail "there is no image older than ${running##*:}; name one by --to TAG"
  say "from ${running##*:} back to $IMAGE_TAG"
  choose_images
  make_plan "$work/plan"
  gone=$(changes_of "$work/plan" | grep '^delete' | grep -v ' aws_ecs_task_definition \| aws_instance ' || true)
  # In a hurry nobody reads a long plan: a rollback exchanges images and removes nothing.
  [ -z "$gone" ] || fail "this would remove more than a version, so it is no rollback: $(tr '\n' ';' <<<"$gone")" "go back to that commit's configuration as well, and \`apply\`. Nothing was changed."
  confirm "go back? Type yes:" yes
  apply_file "$work/plan"
  rollout
  say "back at $IMAGE_TAG"
}

destroy() {
  # What is removed needs no image, but the variables want one; what runs may be gone already.
  IMAGE_TAG=${IMAGE_TAG:-none}
  if [ -z "${TF_VAR_worker_image_uri:-}${TF_VAR_worker_package_path:-}" ]; then choose_images; fi
  make_plan "$work/plan" -destroy
  if [ -z "$(changes_of "$work/plan")" ]; then
    say "there is nothing to destroy"
    return 0
  fi
  confirm "destroy all of this, recordings and database included? Type the name ($name):" "$name"
  apply_file "$work/plan"
}

unlock() {
  [ -n "$lock_id" ] || misused "unlock needs the ID that the lock's message shows"
  confirm "is the run that holds this lock dead for sure? Type yes:" yes
  terraform_or_explain force-unlock -force -no-color "$lock_id"
}

outputs() { terraform -chdir=terraform output -no-color -json; }

absolute() { case $1 in /*) printf '%s' "$1" ;; *) printf '%s' "$PWD/$1" ;; esac; }

# --- The command line --------------------------------------------------------------------------------

topology='' command='' yes='' out='' plan_file='' no_lock='' no_rollout='' to='' lock_id='' arguments=()

value() { [ $# -ge 2 ] && [ -n "$2" ] || misused "$1 needs a value"; }

while [ $# -gt 0 ]; do
  case $1 in
    -h | --help) usage && exit 0 ;;
    --yes) yes=yes ;;
    --no-lock) no_lock=yes ;;
    --no-rollout) no_rollout=yes ;;
    --out) value "$@" && out=$2 && shift ;;
    --plan) value "$@" && plan_file=$2 && shift ;;
    --to) value "$@" && to=$2 && shift ;;
    --) shift && arguments=("$@") && break ;;
    -*) misused "there is no option $1" ;;
    *)
      if [ -z "$topology" ]; then topology=$1
      elif [ -z "$command" ]; then command=$1
      elif [ "$command" = unlock ] && [ -z "$lock_id" ]; then lock_id=$1
      else misused "too much: $1"; fi
      ;;
  esac
  shift
done

[ -n "$topology" ] && [ -n "$command" ] || misused "say a topology ($(topologies)) and a command"
[ -f "terraform/topologies/$topology.tfvars" ] || misused "there is no topology $topology; there are: $(topologies)"
case $command in
  plan | apply | migrate | rollout | smoke | rollback | outputs | destroy | unlock) ;;
  *) misused "there is no command $command" ;;
esac
[ -z "$plan_file" ] || [ -r "$plan_file" ] || misused "there is no plan $plan_file"
if [ "$command" = apply ] && [ -n "${CI:-}" ] && [ -z "$plan_file" ]; then
  fail "in CI, apply what was looked at and approved: ./deploy.sh $topology apply --plan FILE, of an earlier \`plan --out FILE\`"
fi

enter
"$command"
