output "name" {
  description = "The budget, as the console lists it."
  value       = aws_budgets_budget.this.name
}
