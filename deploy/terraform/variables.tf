variable "name" {
  type        = string
  default     = "attribution"
  description = "Begins the name of everything made here."
}

variable "cluster_arn" {
  type        = string
  description = "The ECS cluster to run in."
}

variable "subnet_ids" {
  type        = list(string)
  description = "Private subnets with a way to the database, ECR, CloudWatch Logs and Secrets Manager."
}

variable "security_group_ids" {
  type        = list(string)
  description = "Security groups of the task: the database's must let one of them in on its port."
}

variable "database_host" {
  type        = string
  description = "The writer's endpoint of the RDS instance or Aurora cluster, which IAM database authentication is enabled for."
}

variable "database_name" {
  type        = string
  description = "The warehouse."
}

variable "database_user" {
  type        = string
  default     = "attribution_job"
  description = "The role deploy/grants.sql makes, with GRANT rds_iam."
}

variable "database_resource_id" {
  type        = string
  description = "What tokens are for: db-… of an instance, cluster-… of an Aurora cluster, prx-… of a proxy."
}

variable "sources" {
  type        = list(string)
  description = "The schemas Segment writes."
}

variable "pagerduty_secret_arn" {
  type        = string
  default     = null
  description = "A secret of Secrets Manager, or an SSM parameter, that is PagerDuty's routing key; null: nobody is paged."
}

variable "schedule" {
  type        = string
  default     = "cron(0 6 * * ? *)"
  description = "When to run, as EventBridge Scheduler writes it."
}

variable "schedule_timezone" {
  type        = string
  default     = "UTC"
  description = "The time zone of the schedule."
}

variable "memory_limit_mib" {
  type        = number
  default     = 3072
  description = "The setting memory_limit. The task gets a third more: with cpu_units a size Fargate knows, such as 3072 and 1024."

  validation {
    condition     = var.memory_limit_mib % 768 == 0
    error_message = "Fargate sells memory by the GiB: give a multiple of 768, of which four thirds are that."
  }
}

variable "cpu_units" {
  type        = number
  default     = 1024
  description = "1024 is a core. The heavy work is the database's."
}

variable "log_retention_days" {
  type        = number
  default     = 90
  description = "How long the log is kept."
}

variable "repository" {
  type        = string
  description = "The GitHub repository images are built from, owner/name."
}

variable "branch" {
  type        = string
  default     = "main"
  description = "The branch whose commits are rolled out."
}

variable "connection_arn" {
  type        = string
  description = "The CodeConnections connection to GitHub, made and authorized by hand."
}
