# Random-intercept cross-lagged panel in lavaan's own words, lags equal over waves. Writes panel.csv beside this script.
# Rscript tests/reference/panel.R, in the root of the repository; data/panel.csv is synthetic (seed 11)
library(lavaan)
model <- "
  rj =~ 1*joy1 + 1*joy2 + 1*joy3
  rb =~ 1*bond1 + 1*bond2 + 1*bond3
  j1 =~ 1*joy1; j2 =~ 1*joy2; j3 =~ 1*joy3
  b1 =~ 1*bond1; b2 =~ 1*bond2; b3 =~ 1*bond3
  joy1 ~~ 0*joy1; joy2 ~~ 0*joy2; joy3 ~~ 0*joy3
  bond1 ~~ 0*bond1; bond2 ~~ 0*bond2; bond3 ~~ 0*bond3
  j2 ~ a*j1 + reverse*b1; j3 ~ a*j2 + reverse*b2
  b2 ~ d*b1 + forward*j1; b3 ~ d*b2 + forward*j2
  j1 ~~ b1; j2 ~~ b2; j3 ~~ b3
  rj ~~ rb; rj ~~ 0*j1 + 0*b1; rb ~~ 0*j1 + 0*b1
"
rows <- parameterEstimates(sem(model, read.csv("tests/reference/data/panel.csv")))
rows <- rows[rows$label %in% c("forward", "reverse"), c("label", "est", "se")]
rows <- rows[!duplicated(rows$label), ]
rows$est <- formatC(rows$est, digits = 12, format = "g")
rows$se <- formatC(rows$se, digits = 12, format = "g")
write.csv(rows, "tests/reference/panel.csv", row.names = FALSE, quote = FALSE)
