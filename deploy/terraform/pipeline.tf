# The roll-out of a commit: build the image as candidate, migrate with it, and
# only then make it live. To go back, tag an older image live.

locals {
  steps = ["build", "rollout"]

  step_environment = {
    CLUSTER         = var.cluster_arn
    IMAGE           = aws_ecr_repository.image.repository_url
    MIGRATION       = aws_ecs_task_definition.task["migrate"].arn
    REPOSITORY      = aws_ecr_repository.image.name
    SECURITY_GROUPS = join(",", var.security_group_ids)
    SUBNETS         = join(",", var.subnet_ids)
  }
}

resource "aws_s3_bucket" "artifacts" {
  bucket_prefix = "${var.name}-artifacts-"
  force_destroy = true
}

resource "aws_s3_bucket_public_access_block" "artifacts" {
  bucket                  = aws_s3_bucket.artifacts.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_lifecycle_configuration" "artifacts" {
  bucket = aws_s3_bucket.artifacts.id

  rule {
    id     = "expire"
    status = "Enabled"

    filter {}

    expiration {
      days = 30
    }
  }
}

resource "aws_cloudwatch_log_group" "build" {
  for_each = toset(local.steps)

  name              = "/codebuild/${var.name}-${each.key}"
  retention_in_days = var.log_retention_days
}

resource "aws_codebuild_project" "step" {
  for_each = toset(local.steps)

  name         = "${var.name}-${each.key}"
  service_role = aws_iam_role.build.arn

  artifacts {
    type = "CODEPIPELINE"
  }

  environment {
    compute_type    = "BUILD_GENERAL1_MEDIUM"
    image           = "aws/codebuild/amazonlinux2-x86_64-standard:5.0"
    type            = "LINUX_CONTAINER"
    privileged_mode = each.key == "build" # for the Docker daemon

    dynamic "environment_variable" {
      for_each = local.step_environment

      content {
        name  = environment_variable.key
        value = environment_variable.value
      }
    }
  }

  logs_config {
    cloudwatch_logs {
      group_name = aws_cloudwatch_log_group.build[each.key].name
    }
  }

  source {
    type      = "CODEPIPELINE"
    buildspec = file("${path.module}/buildspec-${each.key}.yml")
  }
}

resource "aws_codepipeline" "rollout" {
  name          = var.name
  role_arn      = aws_iam_role.pipeline.arn
  pipeline_type = "V2"
  # Two commits at once: the later one, when the earlier is through.
  execution_mode = "QUEUED"

  artifact_store {
    type     = "S3"
    location = aws_s3_bucket.artifacts.bucket
  }

  stage {
    name = "source"

    action {
      name             = "commit"
      category         = "Source"
      owner            = "AWS"
      provider         = "CodeStarSourceConnection"
      version          = "1"
      output_artifacts = ["source"]

      configuration = {
        ConnectionArn    = var.connection_arn
        FullRepositoryId = var.repository
        BranchName       = var.branch
      }
    }
  }

  dynamic "stage" {
    for_each = local.steps

    content {
      name = stage.value

      action {
        name            = stage.value
        category        = "Build"
        owner           = "AWS"
        provider        = "CodeBuild"
        version         = "1"
        input_artifacts = ["source"]

        configuration = {
          ProjectName = aws_codebuild_project.step[stage.value].name
        }
      }
    }
  }
}
