# lavaan's optimizer stops when the objective no longer changes, about 1e-6 from the solution. A few Newton steps on its own
# gradient and Hessian, under the active constraints, take that stopping error away before the values are written down.

AT_BOUND <- 1e-5

# the constraints that hold with equality: their values, Jacobian and the functions themselves
active_constraints <- function(fit, x) {
  model <- fit@Model
  value_of <- function(constraint, at) if (is.null(body(constraint))) numeric(0) else constraint(at)
  values_at <- function(at) c(value_of(model@ceq.function, at), value_of(model@cin.function, at))
  jacobian <- if (length(model@con.jac)) unclass(model@con.jac) else matrix(0, 0, length(x))
  keep <- setdiff(seq_len(nrow(jacobian)), attr(model@con.jac, "inactive.idx"))
  if (length(values_at(x)) != nrow(jacobian)) stop("constraints and their Jacobian differ in number")
  table <- parTable(fit)
  table <- table[table$free > 0 & !duplicated(table$free), ]
  bound <- if (is.null(table$lower)) integer(0) else which(table$est < table$lower + AT_BOUND)
  above <- if (is.null(table$upper)) integer(0) else which(table$est > table$upper - AT_BOUND)
  list(values_at = function(at) c(values_at(at)[keep], (at - table$lower)[bound], (at - table$upper)[above]),
       jacobian = rbind(jacobian[keep, , drop = FALSE], diag(length(x))[c(bound, above), , drop = FALSE]))
}

# curvature of the constraints, weighted by their multipliers
curvature <- function(active, gradient, x) {
  if (!nrow(active$jacobian)) return(0)
  multipliers <- MASS::ginv(t(active$jacobian)) %*% -gradient
  numDeriv::hessian(function(at) sum(multipliers * active$values_at(at)), x)
}

# lavInspect(fit, "hessian") weights the groups of incomplete data twice, so it is asked for one level down
hessian_of <- function(fit) {
  lavaan:::lav_model_hessian(fit@Model, fit@SampleStats, fit@Data, fit@Options, fit@Cache,
                             group.weight = !fit@SampleStats@missing.flag)
}

newton_step <- function(fit) {
  x <- as.numeric(coef(fit, type = "free"))
  gradient <- as.numeric(lavInspect(fit, "gradient"))
  active <- active_constraints(fit, x)
  hessian <- hessian_of(fit) + curvature(active, gradient, x)
  m <- nrow(active$jacobian)
  system <- rbind(cbind(hessian, t(active$jacobian)), cbind(active$jacobian, matrix(0, m, m)))
  step <- MASS::ginv(system, tol = 1e-12) %*% -c(gradient, active$values_at(x))
  step[seq_along(x)]
}

polish <- function(fit, refit, rounds = 12) {
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
