output "repository_url" {
  value       = aws_ecr_repository.image.repository_url
  description = "Where images are pushed; the schedule runs the one tagged live."
}

output "task_role_arn" {
  value       = aws_iam_role.task.arn
  description = "The role that may connect to the database."
}

output "run_task_definition_arn" {
  value       = aws_ecs_task_definition.task["run"].arn
  description = "For a run by hand: aws ecs run-task."
}
