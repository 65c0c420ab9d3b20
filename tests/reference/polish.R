# lavaan's optimizer stops when the objective no longer changes, about 1e-6 from the solution. A few Newton steps on its own
# gradient and Hessian, under the active constraints, take that stopping error away before the values are written down.

active_constraints <- function(fit, x) {
  model <- fit@Model
  jacobian <- unclass(model@con.jac)
  if (is.null(jacobian) || !length(jacobian)) jacobian <- matrix(0, 0, length(x))
  value_of <- function(constraint) if (is.null(body(constraint))) numeric(0) else constraint(x)
  values <- c(value_of(model@ceq.function), value_of(model@cin.function))
  if (length(values) != nrow(jacobian)) values <- rep(0, nrow(jacobian))
  keep <- setdiff(seq_len(nrow(jacobian)), attr(model@con.jac, "inactive.idx"))
  table <- parTable(fit)
  table <- table[table$free > 0 & !duplicated(table$free), ]
  at_bound <- if (is.null(table$lower)) integer(0) else which(table$est == table$lower | table$est == table$upper)
  list(jacobian = rbind(jacobian[keep, , drop = FALSE], diag(length(x))[at_bound, , drop = FALSE]),
       values = c(values[keep], rep(0, length(at_bound))))
}

newton_step <- function(fit) {
  x <- as.numeric(coef(fit, type = "free"))
  gradient <- as.numeric(lavInspect(fit, "gradient"))
  hessian <- unclass(lavInspect(fit, "hessian"))
  active <- active_constraints(fit, x)
  m <- nrow(active$jacobian)
  system <- rbind(cbind(hessian, t(active$jacobian)), cbind(active$jacobian, matrix(0, m, m)))
  step <- MASS::ginv(system, tol = 1e-12) %*% -c(gradient, active$values)
  step[seq_along(x)]
}

polish <- function(fit, refit, rounds = 20) {
  for (round in seq_len(rounds)) {
    step <- newton_step(fit)
    moved <- max(abs(step) / pmax(1, abs(coef(fit, type = "free"))))
    if (moved < 1e-9) break
    table <- as.data.frame(parTable(fit))
    free <- table$free > 0
    table$est[free] <- table$est[free] + step[table$free[free]]
    table$start <- table$est
    fit <- refit(table)
  }
  list(fit = fit, moved = moved)
}
