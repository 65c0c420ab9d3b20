# Exploratory blocks by lavaan: Rscript rotations.R, from this folder. Reads cases.csv; writes parameters.csv, fits.csv.
# rotation.se: "bordered" where lavaan 0.6-14's border holds. It does not where oblique factors of standardized items are
# rotated (the border takes variances from loadings as if factors were uncorrelated), nor where a general factor has
# been put into another place. These cases have "delta", whose numerical derivatives stop with the gradient projection;
# their standard errors are no reference.
# Left out: promax of ordered items, groups and several blocks, where R's varimax, from which lavaan's promax starts,
# stops early (0.014 of a loading; with eps = 1e-14 it gives ours), and orthogonal factors of several blocks, where
# lavaan holds covariances between blocks at 0 as well.
suppressMessages(library(lavaan))
options(digits = 15)
cases <- read.csv("cases.csv", stringsAsFactors = FALSE, colClasses = "character")
words <- function(x) if (nzchar(x)) strsplit(x, " ")[[1]] else NULL
yes <- function(x) identical(x, "True")
parameters <- fits <- NULL
for (i in seq_len(nrow(cases))) {
  case <- as.list(cases[i, ])
  data <- read.csv(file.path("..", "data", paste0(case$data, ".csv")))
  args <- list(orthogonal = yes(case$orthogonal), std.ov = yes(case$std_ov), geomin.epsilon = as.numeric(case$epsilon),
               oblimin.gamma = as.numeric(case$gamma), gpa.tol = 1e-6)
  if (case$rotation == "pst") { # three factors of three items each: the other loadings are to be 0
    args$target <- matrix(0, 9, 3); args$target.mask <- 1 - kronecker(diag(3), rep(1, 3))
  }
  if (nzchar(case$row_weights)) args$row.weights <- case$row_weights
  call <- list(model = case$model, data = data, rotation = case$rotation, rotation.args = args,
               rotation.se = case$rotation_se, estimator = case$estimator, missing = case$missing,
               fixed.x = yes(case$fixed_x))
  for (name in c("ordered", "group", "group_equal")) {
    if (nzchar(case[[name]])) call[[sub("_", ".", name)]] <- words(case[[name]])
  }
  set.seed(1)
  fit <- try(do.call("sem", call), silent = TRUE)
  if (inherits(fit, "try-error")) { cat(case$name, "failed:", fit, "\n"); next }
  rows <- parameterEstimates(fit, standardized = TRUE, remove.nonfree = FALSE)
  rows <- rows[rows$op %in% c("=~", "~~", "~", "~1", "|"), ]
  group <- if (is.null(rows$group)) "" else lavInspect(fit, "group.label")[rows$group]
  parameters <- rbind(parameters, data.frame(case = case$name, lhs = rows$lhs, op = rows$op, rhs = rows$rhs, group = group,
                                             est = rows$est,
                                             se = if (is.null(rows$se)) NA else rows$se, std = rows$std.all))
  m <- fitMeasures(fit)
  robust <- if ("chisq.scaled" %in% names(m)) m[["chisq.scaled"]] else NA
  logl <- if ("logl" %in% names(m)) m[["logl"]] else NA
  fits <- rbind(fits, data.frame(case = case$name, chisq = m[["chisq"]], df = m[["df"]], npar = m[["npar"]],
                                 cfi = m[["cfi"]], srmr = m[["srmr"]], chisq_scaled = robust, logl = logl))
  cat(case$name, "\n")
}
numbers <- c("est", "se", "std")
parameters[numbers] <- lapply(parameters[numbers], signif, 9)
write.csv(parameters, "parameters.csv", row.names = FALSE)
write.csv(fits, "fits.csv", row.names = FALSE)
writeLines(c(R.version.string, paste("lavaan", packageVersion("lavaan"))), "versions.txt")
