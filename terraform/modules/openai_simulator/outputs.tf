output "base_url" {
  description = "OPENAI_BASE_URL of the worker: this pipeline's space in the simulator."
  value       = "http://${var.functions_are_inside ? aws_instance.this.private_ip : aws_eip.this.public_ip}:${local.port}/${var.name}/v1"
}

output "url" {
  description = "Control address, from outside the network."
  value       = "http://${aws_eip.this.public_ip}:${local.port}"
}
