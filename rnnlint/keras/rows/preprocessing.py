"""Preprocessing and augmentation."""

ROWS = """
AugMix preprocessing
  3: [3.9-] value_range=(0, 255), num_chains=3, chain_depth=3, factor=0.3, alpha=1.0, all_ops=True,
     interpolation="bilinear", seed=None, data_format=None, **_

AutoContrast preprocessing
  3: [3.6-] value_range=(0, 255), **_

CategoryCrossing preprocessing
  2: [2.4-2.7] depth=None, name=None, separator="_X_", **_

CategoryEncoding preprocessing
  2: [2.4-] num_tokens=None, output_mode="multi_hot", sparse=False, **_
  3: num_tokens=None, output_mode="multi_hot", sparse:"3.2-"=False, **_

CenterCrop preprocessing
  2: [2.4-] height, width, **_
  3: height, width, data_format=None, **_

ContrastLimitedAdaptiveHistogramEqualization preprocessing
  3: [3.14-] value_range=(0, 255), clip_limit=4.0, tile_grid_size=(8, 8), data_format=None, **_

CutMix preprocessing
  3: [3.9-] factor=1.0, seed=None, data_format=None, **_

Discretization preprocessing
  2: [2.4-] bin_boundaries=None, num_bins=None, epsilon=0.01, output_mode:"2.8-"="int", sparse:"2.8-"=False, **_
  3: bin_boundaries=None, num_bins=None, epsilon=0.01, output_mode="int", sparse=False, dtype=None, name=None

Equalization preprocessing
  3: [3.8-] value_range=(0, 255), bins=256, data_format=None, **_

HashedCrossing preprocessing
  2: [2.8-] num_bins, output_mode="int", sparse=False, **_
  3: num_bins, output_mode="int", sparse=False, name=None, dtype=None, **_

Hashing preprocessing
  2: [2.4-] num_bins, mask_value=None, salt=None, output_mode:"2.8-"="int", sparse:"2.8-"=False, **_
  3: num_bins, mask_value=None, salt=None, output_mode="int", sparse=False, **_

IntegerLookup preprocessing
  2: [2.4-] max_tokens=None, num_oov_indices=1, mask_token=None, oov_token=-1, vocabulary=None,
     vocabulary_dtype:"2.8-"="int64", idf_weights:"2.7-"=None, invert=False, output_mode="int", sparse=False,
     pad_to_max_tokens=False, **_
  3: max_tokens=None, num_oov_indices=1, mask_token=None, oov_token=-1, vocabulary=None, vocabulary_dtype="int64",
     idf_weights=None, invert=False, output_mode="int", sparse=False, pad_to_max_tokens=False,
     oov_method:"3.14-"="floormod", salt:"3.14-"=None, name=None, **_

MaxNumBoundingBoxes preprocessing
  3: [3.7-] max_number, fill_value=-1, **_

MelSpectrogram preprocessing
  3: [3.1-] fft_length=2048, sequence_stride=512, sequence_length=None, window="hann", sampling_rate=16000,
     num_mel_bins=128, min_freq=20.0, max_freq=None, power_to_db=True, top_db=80.0, mag_exp=2.0, min_power=1e-10,
     ref_power=1.0, **_

MixUp preprocessing
  3: [3.8-] alpha=0.2, data_format=None, seed=None, **_

Pipeline preprocessing
  3: [3.6-] layers, name=None

RandAugment preprocessing
  3: [3.8-] value_range=(0, 255), num_ops=2, factor=0.5, interpolation="bilinear", seed=None, data_format=None, **_

RandomBrightness preprocessing
  2: [2.9-] factor, value_range=(0, 255), seed=None, **_
  3: same

RandomColorDegeneration preprocessing
  3: [3.8-] factor, value_range=(0, 255), data_format=None, seed=None, **_

RandomColorJitter preprocessing
  3: [3.8-] value_range=(0, 255), brightness_factor=None, contrast_factor=None, saturation_factor=None,
     hue_factor=None, seed=None, data_format=None, **_

RandomContrast preprocessing
  2: [2.4-] factor, seed=None, **_
  3: factor, value_range:"3.8-"=(0, 255), seed=None, **_

RandomCrop preprocessing
  2: [2.4-] height, width, seed=None, **_
  3: height, width, seed=None, data_format=None, name=None, **_

RandomElasticTransform preprocessing
  3: [3.10-] factor=1.0, scale=1.0, interpolation="bilinear", fill_mode="reflect", fill_value=0.0, value_range=(0,
     255), seed=None, data_format=None, **_

RandomErasing preprocessing
  3: [3.9-] factor=1.0, scale=(0.02, 0.33), fill_value=None, value_range=(0, 255), seed=None, data_format=None, **_

RandomFlip preprocessing
  2: [2.4-] mode="horizontal_and_vertical", seed=None, **_
  3: mode="horizontal_and_vertical", seed=None, data_format:"3.6-"=None, **_

RandomGaussianBlur preprocessing
  3: [3.9-] factor=1.0, kernel_size=3, sigma=1.0, value_range=(0, 255), data_format=None, seed=None, **_

RandomGrayscale preprocessing
  3: [3.8-] factor=0.5, data_format=None, seed=None, **_

RandomHeight preprocessing
  2: [2.4-] factor, interpolation="bilinear", seed=None, **_

RandomHue preprocessing
  3: [3.8-] factor, value_range=(0, 255), data_format=None, seed=None, **_

RandomInvert preprocessing
  3: [3.9-] factor=1.0, value_range=(0, 255), seed=None, data_format=None, **_

RandomPerspective preprocessing
  3: [3.9-] factor=1.0, scale=1.0, interpolation="bilinear", fill_value=0.0, seed=None, data_format=None, **_

RandomPosterization preprocessing
  3: [3.8-] factor, value_range=(0, 255), data_format=None, seed=None, **_

RandomRotation preprocessing
  2: [2.4-] factor, fill_mode="reflect", interpolation="bilinear", seed=None, fill_value=0.0, **_
  3: factor, fill_mode="reflect", interpolation="bilinear", seed=None, fill_value=0.0, value_range:"-3.5"=(0, 255),
     data_format=None, **_

RandomSaturation preprocessing
  3: [3.8-] factor, value_range=(0, 255), data_format=None, seed=None, **_

RandomSharpness preprocessing
  3: [3.8-] factor, value_range=(0, 255), data_format=None, seed=None, **_

RandomShear preprocessing
  3: [3.8-] x_factor=0.0, y_factor=0.0, interpolation="bilinear", fill_mode="reflect", fill_value=0.0,
     data_format=None, seed=None, **_

RandomTranslation preprocessing
  2: [2.4-] height_factor, width_factor, fill_mode="reflect", interpolation="bilinear", seed=None, fill_value=0.0,
     **_
  3: height_factor, width_factor, fill_mode="reflect", interpolation="bilinear", seed=None, fill_value=0.0,
     data_format=None, **_

RandomWidth preprocessing
  2: [2.4-] factor, interpolation="bilinear", seed=None, **_

RandomZoom preprocessing
  2: [2.4-] height_factor, width_factor=None, fill_mode="reflect", interpolation="bilinear", seed=None,
     fill_value=0.0, **_
  3: height_factor, width_factor=None, fill_mode="reflect", interpolation="bilinear", seed=None, fill_value=0.0,
     data_format=None, **_

Resizing preprocessing
  2: [2.4-] height, width, interpolation="bilinear", crop_to_aspect_ratio=False, **_
  3: height, width, interpolation="bilinear", crop_to_aspect_ratio=False, pad_to_aspect_ratio:"3.3-"=False,
     fill_mode:"3.3-"="constant", fill_value:"3.3-"=0.0, antialias:"3.9-"=False, data_format=None, **_

Solarization preprocessing
  3: [3.6-] addition_factor=0.0, threshold_factor=0.0, value_range=(0, 255), seed=None, **_

STFTSpectrogram preprocessing
  3: [3.7-] mode="log", frame_length=256, frame_step=None, fft_length=None, window="hann", periodic=False,
     scaling="density", padding="valid", expand_dims=False, data_format=None, **_

StringLookup preprocessing
  2: [2.4-] max_tokens=None, num_oov_indices=1, mask_token=None, oov_token="[UNK]", vocabulary=None,
     idf_weights:"2.7-"=None, encoding:"-2.10"=None, encoding:"2.11-"="utf-8", invert=False, output_mode="int",
     sparse=False, pad_to_max_tokens=False, **_
  3: max_tokens=None, num_oov_indices=1, mask_token=None, oov_token="[UNK]", vocabulary=None, idf_weights=None,
     invert=False, output_mode="int", pad_to_max_tokens=False, sparse=False, encoding="utf-8", name=None,
     salt:"3.14-"=None, **_

TextVectorization preprocessing
  2: [2.4-] max_tokens=None, standardize="lower_and_strip_punctuation", split="whitespace", ngrams=None,
     output_mode="int", output_sequence_length=None, pad_to_max_tokens=False, vocabulary=None,
     idf_weights:"2.7-"=None, sparse:"2.7-"=False, ragged:"2.7-"=False, encoding:"2.11-"="utf-8", **_
  3: max_tokens=None, standardize="lower_and_strip_punctuation", split="whitespace", ngrams=None, output_mode="int",
     output_sequence_length=None, pad_to_max_tokens=False, vocabulary=None, idf_weights=None, sparse=False,
     ragged=False, encoding="utf-8", name=None, **_
"""
