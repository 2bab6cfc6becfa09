"""Networks that SPA is compared with: one small U-Net, one training loop, the same slices and clicks."""
