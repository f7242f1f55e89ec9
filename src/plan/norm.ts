/** Of every norm. torch.nn.BatchNorm1d and LayerNorm have the same; torch.nn.RMSNorm takes float32's machine epsilon, 1.2e-7. */
export const NORM_EPSILON = 1e-5;
