# The task: attribution in a Fargate container with a read-only file system, as
# an ordinary user, that proves to the database who it is by IAM.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  region  = data.aws_region.current.name
  account = data.aws_caller_identity.current.account_id
  arn     = "arn:${data.aws_partition.current.partition}"

  # What the nightly schedule and the roll-out run. The roll-out migrates with
  # the image that is to come, so that the night's finds its tables ready.
  tasks = {
    run     = { tag = "live", command = ["run", "--log-format", "json"] }
    migrate = { tag = "candidate", command = ["migrate", "--log-format", "json"] }
  }

  environment = {
    ATTRIBUTION_DATABASE_AUTH = "rds-iam"
    ATTRIBUTION_DATABASE_URL  = "postgres://${var.database_user}@${var.database_host}:5432/${var.database_name}?sslmode=verify-full&sslrootcert=/etc/ssl/rds-global-bundle.pem"
    ATTRIBUTION_MEMORY_LIMIT  = "${var.memory_limit_mib}MiB"
    ATTRIBUTION_NOTIFY_ENV    = var.name
    ATTRIBUTION_SOURCES       = join(",", var.sources)
  }

  # Secrets are put into the environment by ECS itself: no task definition and
  # no log has them.
  secrets = {
    for name, arn in { ATTRIBUTION_NOTIFY_PAGERDUTY_ROUTING_KEY = var.pagerduty_secret_arn } : name => arn if arn != null
  }
}

resource "aws_ecr_repository" "image" {
  name = var.name
  # The tags live and candidate move; a commit's own tag does not, by custom.
  image_tag_mutability = "MUTABLE"

  image_scanning_configuration {
    scan_on_push = true
  }
}

resource "aws_ecr_lifecycle_policy" "image" {
  repository = aws_ecr_repository.image.name
  policy = jsonencode({
    rules = [
      {
        rulePriority = 1
        description  = "What is live stays, however old: a rule before another keeps its images from it."
        selection    = { tagStatus = "tagged", tagPrefixList = ["live"], countType = "imageCountMoreThan", countNumber = 1 }
        action       = { type = "expire" }
      },
      {
        rulePriority = 2
        description  = "Twenty images to go back to."
        selection    = { tagStatus = "any", countType = "imageCountMoreThan", countNumber = 20 }
        action       = { type = "expire" }
      },
    ]
  })
}

resource "aws_cloudwatch_log_group" "task" {
  name              = "/ecs/${var.name}"
  retention_in_days = var.log_retention_days
}

resource "aws_ecs_task_definition" "task" {
  for_each = local.tasks

  family                   = "${var.name}-${each.key}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.cpu_units
  memory                   = floor(var.memory_limit_mib * 4 / 3)
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.task.arn

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = "X86_64"
  }

  container_definitions = jsonencode([{
    name                   = "attribution"
    image                  = "${aws_ecr_repository.image.repository_url}:${each.value.tag}"
    essential              = true
    command                = each.value.command
    user                   = "65532:65532"
    readonlyRootFilesystem = true
    # SIGTERM rolls back and says so; SIGKILL would leave that to the server.
    stopTimeout     = 60
    linuxParameters = { capabilities = { drop = ["ALL"] } }
    environment     = [for name, value in local.environment : { name = name, value = value }]
    secrets         = [for name, arn in local.secrets : { name = name, valueFrom = arn }]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.task.name
        awslogs-region        = local.region
        awslogs-stream-prefix = each.key
      }
    }
  }])
}

# Delivered at least once: a second run exits with 3, and changes nothing.
resource "aws_scheduler_schedule" "nightly" {
  name                         = var.name
  schedule_expression          = var.schedule
  schedule_expression_timezone = var.schedule_timezone

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = var.cluster_arn
    role_arn = aws_iam_role.scheduler.arn

    ecs_parameters {
      task_definition_arn = aws_ecs_task_definition.task["run"].arn
      launch_type         = "FARGATE"
      task_count          = 1

      network_configuration {
        subnets          = var.subnet_ids
        security_groups  = var.security_group_ids
        assign_public_ip = false
      }
    }

    # Of starting the task; a night that fails is the job's own to tell.
    retry_policy {
      maximum_retry_attempts       = 10
      maximum_event_age_in_seconds = 7200
    }
  }
}
