output "topic_arn" {
  description = "Where alarms go; budgets go there too."
  value       = aws_sns_topic.this.arn
}

output "alarm_names" {
  description = "The alarms."
  value       = [for alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_name]
}
