# Difficulties of 38 items in two studies, drawn as in example 4 of the help page of sirt's invariance.alignment (some
# items differ a lot): Rscript linking.R, from this folder. Writes linking.csv. The page prints what sirt finds: group
# means -0.207 and 0.207, standard deviations 1.
set.seed(18785)
first <- rnorm(38, mean = .3, sd = 1.4)
shift <- rnorm(38, mean = .4, sd = .09)
differs <- runif(38) > .9
second <- first + (shift + differs * rep(c(-1, 1) + .4, each = 19))
write.csv(data.frame(study1 = signif(first, 12), study2 = signif(second, 12)), "linking.csv", row.names = FALSE, quote = FALSE)
