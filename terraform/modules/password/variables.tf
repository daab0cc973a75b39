variable "secret_name" {
  description = "Secret it is kept in."
  type        = string
}

variable "description" {
  description = "What it is for."
  type        = string
}

variable "length" {
  description = "Characters of it."
  type        = number
}

variable "password_version" {
  description = "Raising it makes a new one."
  type        = number
}

variable "secret_recovery_days" {
  description = "How long a deleted secret can be brought back; 0 removes it at once."
  type        = number
  default     = 7
  nullable    = false
}

variable "tags" {
  description = "Tags of the secret."
  type        = map(string)
}

variable "generate" {
  description = "Whether Secrets Manager makes it up."
  type        = bool
}

variable "given" {
  description = "The password, where it is not made up."
  type        = string
  sensitive   = true
  ephemeral   = true
}
