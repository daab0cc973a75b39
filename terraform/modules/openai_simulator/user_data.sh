#!/bin/bash
# Runs once, at the first start of the machine. Its output is in /var/log/cloud-init-output.log.
set -euo pipefail

dnf install -y docker
systemctl enable --now docker

# The registry or the secret may be unavailable at first, and the role may not be usable yet. The key's version: ${key_version}
key=
for attempt in 1 2 3 4 5 6; do
  aws ecr get-login-password --region ${region} |
    docker login --username AWS --password-stdin ${registry} &&
    docker pull --quiet ${image} &&
    key=$(aws secretsmanager get-secret-value --region ${region} --secret-id ${key_secret_id} --query SecretString --output text) &&
    break
  sleep 10
done

# Without a key every client could control it.
[ -n "$key" ] || exit 1
(umask 077 && printf 'OPENAI_SIMULATOR_KEY=%s\n' "$key" >/etc/openai-simulator.env)

docker run --detach --name openai-simulator --restart always --publish ${port}:${port} --env-file /etc/openai-simulator.env \
  --log-driver awslogs --log-opt awslogs-region=${region} --log-opt awslogs-group=${log_group} \
  --log-opt mode=non-blocking \
  ${image}
docker logout ${registry}
